import { expect, test } from '@jest/globals';
import { parseShard, shardObject } from '../../../../services/stream/lease/lease-object.ts';
import type { ShardLease } from '../../../../services/stream/lease/shard-lease.ts';

const identity = { namespace: 'lending', group: 'loan-eligibility', stream: 'in', leaseMilliseconds: 10_000 };
const lease: ShardLease = {
  shardId: 'shardId-000000000000',
  parents: [],
  hashRange: { start: '0', end: '17' },
  owner: 'pod-a',
  handOffTo: undefined,
  released: false,
  epoch: 4,
  checkpoint: { kind: 'trim_horizon' },
  doneThroughMilliseconds: 0,
};

test.each(['0-17', '0..17', '17', 'a-b', ''])('a hash range that a person wrote as %j', (text) => {
  const object = shardObject(identity, lease, 0);
  const annotations = { ...object.metadata.annotations, 'stream.loan-eligibility.dev/hash-range': text };
  const { hashRange } = parseShard({ ...object, metadata: { ...object.metadata, annotations } });
  expect(hashRange).toEqual(text === '0-17' ? lease.hashRange : undefined);
});
