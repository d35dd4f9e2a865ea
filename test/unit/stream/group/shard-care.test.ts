import { describe, expect, test } from '@jest/globals';
import { ShardCare } from '../../../../services/stream/group/shard-care.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const HEALTHY_MILLISECONDS = 2_500;
const WATCHED_MILLISECONDS = 20_000;

function careOf(uncleanEnds: number, trying?: string, attempts = 3) {
  const clock = new ManualClock();
  const care = new ShardCare({
    lease: { uncleanEnds, trying },
    attempts,
    suspects: 5,
    healthyMilliseconds: HEALTHY_MILLISECONDS,
    watchedMilliseconds: WATCHED_MILLISECONDS,
    clock,
  });
  return { clock, care };
}

describe('care for a shard', () => {
  test.each([
    [0, 3, 'none'],
    [1, 3, 'none'],
    [2, 3, 'batches'],
    [3, 3, 'records'],
    [4, 3, 'records'],
    [0, 1, 'none'],
    [1, 1, 'records'],
    [9, 0, 'none'],
    [9, -1, 'none'],
  ])('after %d unclean ends, of %d allowed, covers %s', (uncleanEnds, attempts, expected) => {
    expect(careOf(uncleanEnds, undefined, attempts).care.care).toBe(expected);
  });

  test('forgets earlier ends once an owner has held the shard for a while and made progress', () => {
    const { clock, care } = careOf(1);
    care.progressed(500);
    expect(care.uncleanEnds).toBe(1);
    clock.advance(HEALTHY_MILLISECONDS);
    expect(care.uncleanEnds).toBe(0);
  });

  test('forgets nothing while there is no progress, however long an owner holds the shard', () => {
    const { clock, care } = careOf(1);
    clock.advance(HEALTHY_MILLISECONDS * 100);
    expect(care.uncleanEnds).toBe(1);
  });

  test('forgets nothing while records are tried alone, although they make progress', () => {
    const { clock, care } = careOf(3);
    clock.advance(HEALTHY_MILLISECONDS);
    care.progressed(1);
    expect(care.uncleanEnds).toBe(3);
  });

  test('after as many records as one owner may have had in hand, they are tried in batches, and then without care', () => {
    const { clock, care } = careOf(3);
    expect([1, 1, 1, 1, 1].map((records) => care.progressed(records))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    care.relax();
    expect(care).toMatchObject({ care: 'batches', uncleanEnds: 2 });
    clock.advance(WATCHED_MILLISECONDS - 1);
    expect(care.progressed(100)).toBe(false);
    clock.advance(1);
    expect(care.progressed(100)).toBe(true);
    care.relax();
    expect(care).toMatchObject({ care: 'none', uncleanEnds: 0 });
  });

  test('is less once the tip of the shard is reached: no record there is at fault', () => {
    const { care } = careOf(3);
    expect(care.progressed(0)).toBe(true);
    care.relax();
    expect(care.care).toBe('batches');
    expect(care.progressed(0)).toBe(true);
  });

  test('keeps the condemned record until its dead letter is stored', () => {
    const { care } = careOf(3, '41:2');
    expect(care).toMatchObject({ condemned: '41:2', trying: '41:2' });
    care.progressed(1);
    expect(care).toMatchObject({ condemned: undefined, trying: undefined });
  });

  test('the condemned record does not escape if the shard is given up before its dead letter', () => {
    const { care } = careOf(3, '41:2');
    care.putDown();
    expect(care.trying).toBe('41:2');
  });

  test('a record in hand is no suspect if the shard is given up', () => {
    const { care } = careOf(3);
    care.take('41:2');
    expect(care.trying).toBe('41:2');
    care.putDown();
    expect(care.trying).toBeUndefined();
  });

  test('if the shard begins at another record than the condemned one, that one is forgotten', () => {
    const { care } = careOf(3, '41:2');
    care.take('9:0');
    expect(care).toMatchObject({ condemned: undefined, trying: '9:0' });
  });
});
