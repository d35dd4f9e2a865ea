import { describe, expect, test } from '@jest/globals';
import type { Checkpoint } from '../../../../services/stream/checkpoint.ts';
import type { Shard } from '../../../../services/stream/client/stream-client.ts';
import { hashRangeGap, UnreadGap } from '../../../../services/stream/group/hash-range-gap.ts';
import { planLeases } from '../../../../services/stream/group/lease-plan.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

const NOW = Date.UTC(2026, 0, 1);
const FACTS = { streamCreatedMilliseconds: 7, nowMilliseconds: NOW };
const hashRange = { start: '0', end: '10' };

function shard(shardId: string, change: Partial<Shard> = {}): Shard {
  return { shardId, parents: [], hashRange, closed: false, ...change };
}

function lease(shardId: string, checkpoint: Checkpoint, parents: readonly string[] = []): StoredLease {
  const unread = unreadLease({ shardId, parents, hashRange, epoch: 0, checkpoint });
  return { ...unread, released: false, version: '1', renewal: '1' };
}

const resharded = [shard('1-parent', { closed: true }), shard('2-child', { parents: ['1-parent'] })];

describe('planLeases', () => {
  test('TRIM_HORIZON: closed shards are read as well', () => {
    const { create } = planLeases(resharded, [], { type: 'TRIM_HORIZON' }, FACTS);
    expect(create).toMatchObject([
      { shardId: '1-parent', checkpoint: { kind: 'trim_horizon' } },
      { shardId: '2-child', checkpoint: { kind: 'trim_horizon' } },
    ]);
  });

  test('LATEST: only open shards are read, from this moment, whenever their reading begins', () => {
    const { create } = planLeases(resharded, [], { type: 'LATEST' }, FACTS);
    expect(create).toMatchObject([
      { shardId: '2-child', checkpoint: { kind: 'timestamp', atMilliseconds: NOW } },
    ]);
  });

  test('LATEST: a child of a shard that is read is read from its beginning', () => {
    const leases = [lease('1-parent', { kind: 'timestamp', atMilliseconds: NOW - 1 })];
    const { create } = planLeases(resharded, leases, { type: 'LATEST' }, FACTS);
    expect(create).toMatchObject([{ shardId: '2-child', checkpoint: { kind: 'trim_horizon' } }]);
  });

  test('LATEST: a grandchild of such a shard is read from its beginning, in whatever order the stream lists them', () => {
    const leases = [lease('shard-1', { kind: 'timestamp', atMilliseconds: NOW - 1 })];
    const twice = [
      shard('shard-3', { parents: ['shard-2'] }),
      shard('shard-2', { parents: ['shard-1'], closed: true }),
      shard('shard-1', { closed: true }),
    ];
    const { create } = planLeases(twice, leases, { type: 'LATEST' }, FACTS);
    expect(create).toMatchObject([
      { shardId: 'shard-2', checkpoint: { kind: 'trim_horizon' } },
      { shardId: 'shard-3', checkpoint: { kind: 'trim_horizon' } },
    ]);
  });

  test('a child is done through the time at which its parents were last seen open, and its line began with theirs', () => {
    const left = {
      ...lease('1-left', { kind: 'shard_end' }),
      doneThroughMilliseconds: 8,
      createdMilliseconds: 3,
    };
    const right = {
      ...lease('1-right', { kind: 'shard_end' }),
      doneThroughMilliseconds: 9,
      createdMilliseconds: 4,
    };
    const merged = shard('2-merged', { parents: ['1-left', '1-right'] });
    const { create } = planLeases([merged], [left, right], { type: 'TRIM_HORIZON' }, FACTS);
    expect(create).toMatchObject([{ doneThroughMilliseconds: 9, createdMilliseconds: 3 }]);
  });

  test('AT_TIMESTAMP: every shard is read from that time', () => {
    const { create } = planLeases(resharded, [], { type: 'AT_TIMESTAMP', atMilliseconds: 7 }, FACTS);
    expect(create.map(({ checkpoint }) => checkpoint)).toEqual(
      Array(2).fill({ kind: 'timestamp', atMilliseconds: 7 }),
    );
  });

  test('removes the lease of a shard that is done and gone, and reports a shard that is gone and not done', () => {
    const leases = [lease('done', { kind: 'shard_end' }), lease('unread', { kind: 'trim_horizon' })];
    const { create, remove, vanished } = planLeases([], leases, { type: 'LATEST' }, FACTS);
    expect(create).toEqual([]);
    expect(remove.map(({ shardId }) => shardId)).toEqual(['done']);
    expect(vanished.map(({ shardId }) => shardId)).toEqual(['unread']);
  });
});

describe('epochs', () => {
  test('keep growing if a lease is deleted and created again', () => {
    const epochAt = (now: number) =>
      planLeases([shard('a')], [], { type: 'LATEST' }, { ...FACTS, nowMilliseconds: now }).create[0]?.epoch ??
      0;
    expect(epochAt(NOW + 60_000)).toBeGreaterThan(epochAt(NOW) + 50);
  });
});

describe('hashRangeGap', () => {
  const end = 2n ** 128n - 1n;
  const half = 2n ** 127n;

  test('is 0 if every key is covered, even more than once', () => {
    expect(hashRangeGap([{ start: '0', end: String(end) }])).toBe(0);
    expect(
      hashRangeGap([
        { start: String(half - 5n), end: String(end) },
        { start: '0', end: String(half) },
      ]),
    ).toBe(0);
  });

  test('is computed only if other shards are unfinished than before', () => {
    let reads = 0;
    const width = 2n ** 128n / 64n;
    const leases = Array.from({ length: 64 }, (_, index) => ({
      ...lease(`shard-${index}`, { kind: 'trim_horizon' }),
      get hashRange() {
        reads++;
        return { start: String(BigInt(index) * width), end: String(BigInt(index + 1) * width - 1n) };
      },
    }));
    const gap = new UnreadGap();
    for (let turn = 0; turn < 100; turn++) expect(gap.of(leases)).toBe(0);
    expect(reads).toBe(64);
    expect(gap.of([{ ...leases[0], ...lease('shard-0', { kind: 'shard_end' }) }, ...leases.slice(1)])).toBe(
      1 / 64,
    );
    expect(gap.of(leases)).toBe(0);
    expect(gap.of([])).toBe(1);
  });

  test('is the share of keys that no range covers', () => {
    expect(hashRangeGap([{ start: String(half), end: String(end) }])).toBe(0.5);
    expect(hashRangeGap([])).toBe(1);
  });

  test('follows the ranges of a stream that was created anew, although its shards have the old names', () => {
    const gap = new UnreadGap();
    const of = (start: bigint, streamCreatedMilliseconds: number) =>
      gap.of([
        {
          ...lease('a', { kind: 'trim_horizon' }),
          hashRange: { start: String(start), end: String(end) },
          streamCreatedMilliseconds,
        },
      ]);
    expect([of(0n, 0), of(half, 1), of(0n, 2)]).toEqual([0, 0.5, 0]);
  });
});

test('a child gets no lease while the lease of its parent cannot be read: its start follows from that lease', () => {
  const shards = [...resharded, shard('3-grandchild', { parents: ['2-child'] }), shard('4-other')];
  const { create } = planLeases(shards, [], { type: 'LATEST' }, FACTS, (shardId) => shardId === '1-parent');
  expect(create.map(({ shardId }) => shardId)).toEqual(['4-other']);
});
