import { expect, test } from '@jest/globals';
import { RolloutProgress } from '../../../operators/rollout/rollout-progress.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function progressAfter(states: readonly string[], aim = 'version 2'): number {
  const clock = new ManualClock();
  const progress = new RolloutProgress(clock);
  let idle = 0;
  for (const state of states) {
    idle = progress.idleSeconds('loan', aim, state);
    clock.advance(10_000);
  }
  return idle;
}

test('a new state of the pods is progress', () => {
  expect(progressAfter(['0 of 2', '0 of 2', '0 of 2'])).toBe(20);
  expect(progressAfter(['0 of 2', '0 of 2', '1 of 2'])).toBe(0);
});

test('pods that come and go for ever make no progress', () => {
  expect(progressAfter(['0 of 2', '1 of 2', '0 of 2', '1 of 2', '0 of 2'])).toBe(30);
});

test('another aim and another target begin anew', () => {
  const clock = new ManualClock();
  const progress = new RolloutProgress(clock);
  progress.idleSeconds('loan', 'version 2', '0 of 2');
  clock.advance(10_000);
  expect(progress.idleSeconds('other', 'version 2', '0 of 2')).toBe(0);
  expect(progress.idleSeconds('loan', 'version 2', '0 of 2')).toBe(10);
  expect(progress.idleSeconds('loan', 'version 3', '0 of 2')).toBe(0);
  clock.advance(10_000);
  progress.forget('loan');
  expect(progress.idleSeconds('loan', 'version 3', '0 of 2')).toBe(0);
});
