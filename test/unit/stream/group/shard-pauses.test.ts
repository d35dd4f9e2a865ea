import { describe, expect, test } from '@jest/globals';
import { ShardPauses } from '../../../../services/stream/group/shard-pauses.ts';

const OURS = { shardId: 'shard-0', owner: 'me' };
const FREE = { shardId: 'shard-0', owner: undefined };

/** Seconds after a loss in which the shard is not taken, for so many losses in a row. */
function secondsOfPause(losses: number, secondsBetween: number): number {
  const pauses = new ShardPauses('me');
  const last = (losses - 1) * secondsBetween * 1000;
  for (let loss = 0; loss < losses; loss++) pauses.lostToNamesake('shard-0', loss * secondsBetween * 1000);
  let seconds = 0;
  while (pauses.isPaused(OURS, last + seconds * 1000)) seconds++;
  return seconds;
}

describe('a shard that a namesake took', () => {
  test('is left to the namesake ever longer, up to 30 s', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((losses) => secondsOfPause(losses, 40))).toEqual([
      1, 2, 4, 8, 16, 30, 30,
    ]);
  });

  test('is left for 1 s if the last loss was long ago', () => {
    expect(secondsOfPause(9, 301)).toBe(1);
  });

  test('is taken at once if the namesake gave it up', () => {
    const pauses = new ShardPauses('me');
    pauses.lostToNamesake('shard-0', 0);
    expect([OURS, FREE].map((lease) => pauses.isPaused(lease, 0))).toEqual([true, false]);
  });
});

test('a shard whose consumer failed is left for 5 s, whoever owned it, and another shard is not', () => {
  const pauses = new ShardPauses('me');
  pauses.failed('shard-0', 0);
  expect([0, 4_999, 5_000].map((now) => pauses.isPaused(FREE, now))).toEqual([true, true, false]);
  expect(pauses.isPaused({ ...FREE, shardId: 'shard-1' }, 0)).toBe(false);
});
