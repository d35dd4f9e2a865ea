import { expect, test } from '@jest/globals';
import { parseShard, shardObject } from '../../../../services/stream/lease/lease-object.ts';
import { type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

const identity = { namespace: 'lending', group: 'loan-eligibility', stream: 'in', leaseMilliseconds: 10_000 };
const lease: ShardLease = {
  ...unreadLease({
    shardId: 'shardId-000000000000',
    parents: [],
    hashRange: { start: '0', end: '17' },
    epoch: 4,
    checkpoint: { kind: 'trim_horizon' },
  }),
  owner: 'pod-a',
  released: false,
};

test('a lease is read as it was written', () => {
  const written: ShardLease = {
    ...lease,
    doneThroughMilliseconds: Date.UTC(2026, 0, 2),
    createdMilliseconds: Date.UTC(2026, 0, 1),
    streamCreatedMilliseconds: Date.UTC(2025, 11, 1),
    uncleanEnds: 2,
    trying: '49:3',
    bytesPerSecond: 1_024,
  };
  expect(parseShard(shardObject(identity, written, 0))).toMatchObject(written);
});

test('a lease of an older release has no times, no unclean ends and no load', () => {
  const object = shardObject(identity, lease, 0);
  const newer = ['created', 'stream-created', 'unclean-ends', 'trying', 'bytes-per-second'];
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(
      ([key]) => !newer.some((name) => key === `stream.loan-eligibility.dev/${name}`),
    ),
  );
  expect(parseShard({ ...object, metadata: { ...object.metadata, annotations } })).toMatchObject(lease);
});

test.each(['-1', 'many', '1.5', '1e400'])('a count that a person wrote as %j is 0', (text) => {
  const object = shardObject(identity, lease, 0);
  const annotations = { ...object.metadata.annotations, 'stream.loan-eligibility.dev/unclean-ends': text };
  expect(parseShard({ ...object, metadata: { ...object.metadata, annotations } }).uncleanEnds).toBe(0);
});

test.each(['0-17', '0..17', '17', 'a-b', ''])('a hash range that a person wrote as %j', (text) => {
  const object = shardObject(identity, lease, 0);
  const annotations = { ...object.metadata.annotations, 'stream.loan-eligibility.dev/hash-range': text };
  const { hashRange } = parseShard({ ...object, metadata: { ...object.metadata, annotations } });
  expect(hashRange).toEqual(text === '0-17' ? lease.hashRange : undefined);
});

test.each([
  ['checkpoint', 'LATEST', /checkpoint: checkpoint "LATEST" must be TRIM_HORIZON/],
  ['checkpoint', '', /checkpoint: checkpoint "" must be/],
  ['shard-id', '', /shard-id: it is missing/],
  ['shard-id', 'shardId-000000000001', /shard-id: "shardId-000000000001" does not fit the name of the Lease/],
  ['parents', 'shardId-000000000000', /parents: "shardId-000000000000" names the shard itself/],
])('a Lease whose %s a person left as %j is refused with value, rule and repair', (key, text, problem) => {
  const object = shardObject(identity, lease, 0);
  const annotation = `stream.loan-eligibility.dev/${key}`;
  const odd = { ...object.metadata, annotations: { ...object.metadata.annotations, [annotation]: text } };
  expect(() => parseShard({ ...object, metadata: odd })).toThrow(problem);
  expect(() => parseShard({ ...object, metadata: odd })).toThrow(
    expect.objectContaining({
      lease: expect.objectContaining({
        name: object.metadata.name,
        repair: expect.stringContaining(
          `kubectl annotate lease ${object.metadata.name} --namespace lending --overwrite ${annotation}=VALUE`,
        ),
      }),
    }),
  );
});
