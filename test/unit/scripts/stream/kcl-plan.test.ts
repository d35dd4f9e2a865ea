import { describe, expect, test } from '@jest/globals';
import { importChanges } from '../../../../scripts/stream/kcl/import-changes.ts';
import { kclLease } from '../../../../scripts/stream/kcl/kcl-lease.ts';
import { type ImportOptions, planImport } from '../../../../scripts/stream/kcl/kcl-plan.ts';
import { formatCheckpoint } from '../../../../services/stream/checkpoint.ts';
import type { Shard } from '../../../../services/stream/client/stream-client.ts';
import { type KclItem, kclItem } from '../../../support/stream/kcl-dump.ts';
import { leaseAt, NOW, shardAt, viewsOf } from '../../../support/stream/shard-views.ts';

const OPTIONS: ImportOptions = {
  stream: 'in',
  account: undefined,
  streamCreatedMilliseconds: 0,
  startAt: undefined,
};
const id = (index: number) => `shardId-${String(index).padStart(12, '0')}`;

function plan(items: readonly KclItem[], shards: readonly Shard[], options: Partial<ImportOptions> = {}) {
  const leases = items.flatMap((item, index) => kclLease(item, index + 1) ?? []);
  return planImport(leases, shards, { ...OPTIONS, ...options });
}

function positions(...args: Parameters<typeof plan>): string[] {
  return plan(...args).shards.map(({ checkpoint }) => formatCheckpoint(checkpoint));
}

describe('the import of a lease table', () => {
  test('keeps the place inside an aggregate, also the place 0', () => {
    const shards = [shardAt(0, 3), shardAt(1, 3), shardAt(2, 3)];
    const items = [kclItem(id(0), '500', 0), kclItem(id(1), '500', 7), kclItem(id(2), 'TRIM_HORIZON')];
    expect(positions(items, shards)).toEqual(['500:0', '500:7', 'TRIM_HORIZON']);
  });

  test('counts a parent without a lease as done, because the library removes such leases', () => {
    const shards = [
      shardAt(0, 1, { closed: true }),
      shardAt(1, 2, { parents: [id(0)], closed: true }),
      shardAt(2, 3, { parents: [id(1)] }),
      shardAt(3, 4, { parents: [id(1)] }),
    ];
    expect(positions([kclItem(id(2), '500')], shards)).toEqual([
      'SHARD_END',
      'SHARD_END',
      '500:0',
      'TRIM_HORIZON',
    ]);
  });

  test('makes the lease of a child that the library had not made yet', () => {
    const shards = [shardAt(0, 1, { closed: true }), shardAt(1, 2, { parents: [id(0)] })];
    expect(positions([kclItem(id(0), '500')], shards)).toEqual(['500:0', 'TRIM_HORIZON']);
    // The parent may have left the stream.
    expect(positions([kclItem(id(0), 'SHARD_END')], shards.slice(1))).toEqual(['TRIM_HORIZON']);
  });

  test.each(['LATEST', 'AT_TIMESTAMP'])('asks where to start a shard at %s', (sentinel) => {
    const items = [kclItem(id(0), sentinel)];
    expect(() => plan(items, [shardAt(0, 1)])).toThrow(`where to start 1 shard: 0 at ${sentinel}`);
    const startAt = { kind: 'timestamp', atMilliseconds: 5 } as const;
    expect(positions(items, [shardAt(0, 1)], { startAt })).toEqual(['AT_TIMESTAMP:5']);
  });

  test('asks where to start a shard that is not in the dump', () => {
    const shards = [shardAt(0, 2), shardAt(1, 2)];
    expect(() => plan([kclItem(id(0), '5')], shards)).toThrow(
      'where to start 1 shard: 1 not in the dump. Give --start-at',
    );
    const startAt = { kind: 'trim_horizon' } as const;
    expect(positions([kclItem(id(0), '5')], shards, { startAt })).toEqual(['5:0', 'TRIM_HORIZON']);
  });

  test.each([
    ['no lease', [], 'the dump has no lease'],
    ['a shard that the stream lacks', [kclItem(id(9), '5')], 'shard 9: not in the stream'],
    [
      'an open shard at its end',
      [kclItem(id(0), 'SHARD_END')],
      'shard 0: at SHARD_END in the dump, but open',
    ],
    [
      'another hash range',
      [kclItem(id(0), '5', 0, { startingHashKey: '0', endingHashKey: '17' })],
      'shard 0: another hash range',
    ],
    ['a shard twice', [kclItem(id(0), '5'), kclItem(id(0), '6')], `two leases of ${id(0)}`],
    [
      'another stream',
      [kclItem(`123456789012:out:1:${id(0)}`, '5')],
      'no lease of stream in, but of out of account 123456789012: give --stream',
    ],
  ])('with %s is refused', (_, items, message) => {
    expect(() => plan(items, [shardAt(0, 1)])).toThrow(message);
  });

  test('names every shard without a start, and of many shards the first ones with the number of the others', () => {
    const shards = Array.from({ length: 20 }, (_, index) => shardAt(index, 20));
    const items = [kclItem(id(0), '5'), kclItem(id(1), 'LATEST'), kclItem(id(2), 'AT_TIMESTAMP')];
    expect(() => plan(items, shards)).toThrow(
      'where to start 19 shards: 1 at LATEST; 2 at AT_TIMESTAMP, without the time; 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 and 5 more not in the dump. Give --start-at',
    );
  });

  test('names every lease that does not fit the stream', () => {
    const items = [kclItem(id(0), 'SHARD_END'), kclItem(id(8), '5'), kclItem(id(9), '5')];
    expect(() => plan(items, [shardAt(0, 1)])).toThrow(
      /^2 shards \(8, 9\): not in the stream\. .*; shard 0: at SHARD_END in the dump, but open/,
    );
  });

  test('of many streams takes the leases of this stream, if it is still the same stream', () => {
    const items = [kclItem(`1:in:1700000000:${id(0)}`, '5'), kclItem(`1:out:1700000000:${id(0)}`, '9')];
    const { notes } = plan(items, [shardAt(0, 1)], { streamCreatedMilliseconds: 1_700_000_000_345 });
    expect(notes).toEqual(['Leases of other streams are left out: out of account 1.']);
    expect(() => plan(items, [shardAt(0, 1)], { streamCreatedMilliseconds: 1_800_000_000_000 })).toThrow(
      'its positions mean nothing here',
    );
  });

  test('leaves out a stream of the same name in another account', () => {
    const items = [kclItem(`111111111111:in:1:${id(0)}`, '5'), kclItem(`222222222222:in:1:${id(0)}`, '9')];
    expect(positions(items, [shardAt(0, 1)], { account: '222222222222' })).toEqual(['9:0']);
  });

  test('says which leases hold a prepared checkpoint, and starts before it like the library', () => {
    const items = [kclItem(id(0), '5', 0, { pendingCheckpoint: '9', pendingCheckpointSubSequenceNumber: 0 })];
    expect(positions(items, [shardAt(0, 1)])).toEqual(['5:0']);
    expect(plan(items, [shardAt(0, 1)]).notes).toEqual([
      expect.stringContaining('1 lease with a prepared checkpoint'),
    ]);
  });

  test('done shards that left the stream need no lease', () => {
    const { shards, notes } = plan([kclItem(id(7), 'SHARD_END'), kclItem(id(0), '5')], [shardAt(0, 1)]);
    expect(shards).toHaveLength(1);
    expect(notes).toEqual(['Done and no longer in the stream, so no lease is needed: shard 7.']);
  });
});

describe('the changes of an import', () => {
  const shards = [shardAt(0, 2), shardAt(1, 2)];
  const imported = plan([kclItem(id(0), '5', 2), kclItem(id(1), 'TRIM_HORIZON')], shards);
  const changes = (leases: Parameters<typeof viewsOf>[1], replace = false) =>
    importChanges(
      imported,
      viewsOf(shards, leases),
      new Map([[id(0), { arrivalMilliseconds: 3, isKept: true }]]),
      replace,
      { nowMilliseconds: NOW, streamCreatedMilliseconds: 7 },
    );

  test('make leases that nobody owns', () => {
    expect(changes([])).toMatchObject([
      {
        what: 'shard 0: from no lease to 5:2 (lease)',
        change: {
          seen: undefined,
          lease: { shardId: id(0), released: true, doneThroughMilliseconds: 3, createdMilliseconds: NOW },
        },
      },
      {
        change: {
          seen: undefined,
          lease: { checkpoint: { kind: 'trim_horizon' }, doneThroughMilliseconds: 0 },
        },
      },
    ]);
  });

  test('replace the positions of a group that has read only if that is asked for', () => {
    const begun = [
      leaseAt(shardAt(0, 2)),
      leaseAt(shardAt(1, 2), { checkpoint: { kind: 'record', sequenceNumber: '4' } }),
    ];
    expect(() => changes(begun)).toThrow('the group has read shard 1 already. --replace overwrites');
    expect(changes(begun, true).map(({ what }) => what)).toEqual([
      'shard 0: from TRIM_HORIZON to 5:2 (lease)',
      'shard 1: from 4 to TRIM_HORIZON (lease)',
    ]);
    expect(changes([leaseAt(shardAt(0, 2))])).toHaveLength(2);
  });

  test('say what is decided again, what is never read, and who reads the shard now', () => {
    const begun = [
      leaseAt(shardAt(0, 2), {
        checkpoint: { kind: 'record', sequenceNumber: '4' },
        doneThroughMilliseconds: NOW,
      }),
      leaseAt(shardAt(1, 2), { checkpoint: { kind: 'record', sequenceNumber: '4' }, owner: undefined }),
    ];
    expect(changes(begun, true).map(({ effects }) => effects)).toEqual([
      [
        'Every record in between is skipped: no decision, no dead letter. All records until 2026-01-31 12:00:00 UTC are done.',
        'pod-a gives the shard up at once, and the group goes on from there.',
      ],
      ['Records that were decided are decided again, under the same decision_id.'],
    ]);
    expect(changes([]).map(({ effects }) => effects)).toEqual([[], []]);
  });

  test('to the end of a shard say that what is not done is never read', () => {
    const ended = plan([kclItem(id(0), 'SHARD_END')], [shardAt(0, 1, { closed: true })]);
    const leases = (owner: string | undefined, kind: 'trim_horizon' | 'shard_end') => [
      leaseAt(shardAt(0, 1), { owner, checkpoint: { kind } }),
    ];
    const effectsOf = (seen: Parameters<typeof viewsOf>[1]) =>
      importChanges(ended, viewsOf([shardAt(0, 1, { closed: true })], seen), new Map(), true, {
        nowMilliseconds: NOW,
        streamCreatedMilliseconds: 0,
      })[0]?.effects;
    expect(effectsOf(leases(undefined, 'trim_horizon'))).toEqual([
      'Every record that is not done is skipped: no decision, no dead letter. How far it is done is not known.',
    ]);
    expect(effectsOf(leases(undefined, 'shard_end'))).toEqual([]);
  });
});
