import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keySpaceBar } from '../../../../scripts/stream/key-space.ts';
import { findShard, shardsFor } from '../../../../scripts/stream/shard-name.ts';
import { shardTable } from '../../../../scripts/stream/shard-table.ts';
import { shardViews } from '../../../../scripts/stream/shard-view.ts';
import { DESCRIPTION, HOUR, leaseAt, NOW, shardAt, viewsOf } from '../../../support/stream/shard-views.ts';

const SHARD_END = { kind: 'shard_end' } as const;

function stateOf(shard = shardAt(0, 1), change: Parameters<typeof leaseAt>[1] | undefined = {}) {
  return viewsOf([shard], change === undefined ? [] : [leaseAt(shard, change)])[0]?.state;
}

describe('the state of a shard', () => {
  test.each([
    ['reading', {}],
    ['unowned', { owner: undefined, isLive: false }],
    ['unowned', { isLive: false }],
    ['open but ended', { checkpoint: SHARD_END }],
    ['held', { doneThroughMilliseconds: NOW - 25 * HOUR }],
    ['reading', { doneThroughMilliseconds: NOW - 23 * HOUR }],
  ])('is %s with %j', (state, change) => {
    expect(stateOf(shardAt(0, 1), change)).toBe(state);
  });

  test('is held if the lease is of a stream that was deleted and made again', () => {
    const shard = shardAt(0, 1);
    const lease = leaseAt(shard, { streamCreatedMilliseconds: NOW - 9 * HOUR });
    const description = { ...DESCRIPTION, createdMilliseconds: NOW - HOUR };
    const [view] = shardViews([shard], { leases: [lease] }, description, NOW);
    expect([view?.state, view?.note]).toEqual(['held', 'of a deleted stream']);
  });

  test('is ended only for a closed shard, and waiting below a parent that is not done', () => {
    const parent = shardAt(0, 1, { closed: true });
    const child = shardAt(1, 2, { parents: [parent.shardId] });
    expect(stateOf(parent, { checkpoint: SHARD_END })).toBe('ended');
    const views = viewsOf([parent, child], [leaseAt(parent), leaseAt(child, { parents: child.parents })]);
    expect(views.map(({ state, note }) => [state, note])).toEqual([
      ['reading', ''],
      ['waiting', 'for 0'],
    ]);
  });

  test('is waiting below a grandparent that is read again, and the note names it', () => {
    const oldest = shardAt(0, 1, { closed: true });
    const middle = shardAt(1, 2, { parents: [oldest.shardId], closed: true });
    const youngest = shardAt(2, 3, { parents: [middle.shardId, 'shardId-000000000099'] });
    const views = viewsOf(
      [oldest, middle, youngest],
      [
        leaseAt(oldest),
        leaseAt(middle, { parents: middle.parents, checkpoint: SHARD_END }),
        leaseAt(youngest, { parents: youngest.parents }),
      ],
    );
    expect(views.map(({ state, note }) => [state, note])).toEqual([
      ['reading', ''],
      ['ended', ''],
      ['waiting', 'for 0'],
    ]);
  });

  test('is held if the shard left the stream unread, and ended if it left the stream done', () => {
    const gone = shardAt(3, 4);
    const states = (change: object) =>
      viewsOf([shardAt(0, 4)], [leaseAt(gone, change)]).map((it) => it.state);
    expect(states({})).toEqual(['no lease', 'held']);
    expect(states({ checkpoint: SHARD_END })).toEqual(['no lease', 'ended']);
  });
});

describe('the table', () => {
  test('fits into 120 columns with long names and long numbers', () => {
    const shard = shardAt(1234, 5000, { parents: ['shardId-000000000011', 'shardId-000000000012'] });
    const lease = leaseAt(shard, {
      owner: `inference-${'x'.repeat(60)}`,
      epoch: 62_345_678,
      checkpoint: { kind: 'record', sequenceNumber: '4'.repeat(56), subSequenceNumber: 1234 },
      doneThroughMilliseconds: NOW - 4 * HOUR,
    });
    const lines = shardTable(viewsOf([shard], [lease]));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(lines.at(-1)).toContain('…4444444444444444:1234');
  });

  test('shows a time that no calendar has as a number', () => {
    const shard = shardAt(0, 1);
    const checkpoint = { kind: 'timestamp', atMilliseconds: 1e17 } as const;
    const lines = shardTable(
      viewsOf([shard], [leaseAt(shard, { checkpoint, doneThroughMilliseconds: 1e17 })]),
    );
    expect(lines.at(-1)).toContain('100000000000000000 ms');
  });

  test('draws each open shard as wide as its share of the keys', () => {
    const shards = [0, 1, 2, 3].map((index) => shardAt(index, 4));
    const leases = shards.slice(1).map((shard) => leaseAt(shard));
    expect(keySpaceBar(viewsOf(shards, leases), 40)).toEqual([
      'keys ▏??? 0 ???▕███ 1 ███▕███ 2 ███▕███ 3 ███▕ ? no lease  █ reading',
    ]);
  });
});

describe('a shard', () => {
  const ids = ['shardId-000000000001', 'shardId-000000000011', 'other-1'];
  test.each([
    ['1', 'shardId-000000000001'],
    ['0011', 'shardId-000000000011'],
    ['other-1', 'other-1'],
    ['shardId-000000000011', 'shardId-000000000011'],
  ])('is found by %s', (text, id) => {
    expect(findShard(text, ids)).toBe(id);
  });

  test('that left the stream is not another shard', () => {
    const left = ['shardId-000000000000', 'shardId-000000000011'];
    for (const text of ['1', '01', '-11', '000000000001', '00000000001'])
      expect(() => findShard(text, left)).toThrow(
        `there is no shard ${text}: the stream and its leases have 0, 11`,
      );
  });

  test('is not guessed if two ids have its number', () => {
    const twice = ['shardId-1', 'shardId-01'];
    expect(() => findShard('1', twice)).toThrow('1 may be shardId-1, shardId-01: give the whole shard id');
    expect(findShard('shardId-01', twice)).toBe('shardId-01');
  });

  test('has exactly the number or the id that was asked for', () => {
    const number = fc.integer({ min: 0, max: 130 });
    const width = fc.constantFrom(1, 2, 12);
    const shardId = fc.oneof(
      fc.tuple(number, width).map(([it, digits]) => `shardId-${String(it).padStart(digits, '0')}`),
      fc.tuple(fc.constantFrom('', 'other-', '-'), number).map(([prefix, it]) => `${prefix}${it}`),
    );
    const digits = fc.tuple(number, width).map(([it, wide]) => String(it).padStart(wide, '0'));
    const text = fc.oneof(
      digits,
      shardId,
      fc.tuple(shardId, fc.nat(10)).map(([id, cut]) => id.slice(cut)),
    );
    fc.assert(
      fc.property(fc.uniqueArray(shardId, { maxLength: 8 }), text, (shardIds, asked) => {
        const isNumber = (id: string) =>
          /^\d+$/.test(asked) && /^shardId-\d+$/.test(id) && BigInt(id.slice(8)) === BigInt(asked);
        const found = shardsFor(asked, shardIds);
        expect(found.every((id) => id === asked || isNumber(id))).toBe(true);
        expect(found.length > 0).toBe(shardIds.some((id) => id === asked || isNumber(id)));
        if (shardIds.includes(asked)) expect(found).toEqual([asked]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('that is not there is refused with the shards that are', () => {
    expect(() => findShard('5', ids)).toThrow(
      'there is no shard 5: the stream and its leases have 1, 11, other-1',
    );
  });
});
