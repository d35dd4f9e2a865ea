import { describe, expect, test } from '@jest/globals';
import { assertBegun, filterOf, withShard } from '../../../../scripts/stream/redrive/filter-options.ts';

function filter(options: Readonly<Record<string, string>>) {
  return filterOf({ text: (option) => options[option] });
}

describe('the options of a filter', () => {
  test('choose codes, fields, a shard and a time', () => {
    const options = { code: 'poison, not_json', field: 'Gender', shard: '3', since: '2026-01-31T12:00:00Z' };
    expect(filter(options)).toEqual({
      codes: ['poison', 'not_json'],
      fields: ['Gender'],
      shard: '3',
      sinceMilliseconds: Date.UTC(2026, 0, 31, 12),
    });
  });

  test.each([
    [{ code: 'out_of_rnge' }, /--code out_of_rnge: is no rejection code. The codes are not_json, .*skipped/],
    [{ code: 'poison,toString' }, /--code toString: is no rejection code/],
    [{ code: ',' }, /--code ,: must name at least one code/],
    [{ field: '' }, /--field : must name at least one field/],
    [
      { since: '2026-01-31T12:00:00Z', until: '2026-01-31T11:00:00Z' },
      /--until 2026-01-31T11:00:00Z is not after --since 2026-01-31T12:00:00Z/,
    ],
    [{ since: '2026-01-31T12:00:00Z', until: '2026-01-31T12:00:00Z' }, /no time is in between/],
    [{ until: '2026-02-30T12:00:00Z' }, /--until 2026-02-30T12:00:00Z: there is no such time/],
  ])('%j is refused', (options, message) => {
    expect(() => filter(options)).toThrow(message);
  });

  test('name the shard of the stream, and keep a shard that the stream no longer has', () => {
    const shardIds = ['shardId-000000000001', 'shardId-000000000011'];
    expect(withShard({ shard: '1' }, shardIds).shard).toBe('shardId-000000000001');
    expect(withShard({ shard: '7' }, shardIds).shard).toBe('7');
    expect(withShard({ shard: '2' }, ['shardId-000000000012']).shard).toBe('2');
    expect(withShard({}, shardIds)).toEqual({});
  });

  test('since a time ahead no letter can be chosen', () => {
    const now = Date.UTC(2026, 0, 31, 12);
    expect(() => assertBegun({ sinceMilliseconds: now + 1 }, now)).toThrow('--since');
    expect(() => assertBegun({ sinceMilliseconds: now }, now)).not.toThrow();
    expect(() => assertBegun({}, now)).not.toThrow();
  });
});
