import { expect, test } from '@jest/globals';
import { RolloutProgress } from '../../../operators/rollout/rollout-progress.ts';

/** Idle seconds at the last of the states, which follow each other every 10 counted seconds. */
function progressAfter(states: readonly string[], earlier = 0): number {
  const progress = new RolloutProgress();
  const idle = states.map((state, index) =>
    progress.idleSeconds('loan', { aim: 'version 2', state, counted: 10 * index, earlier }),
  );
  return idle.at(-1) ?? 0;
}

test('a new state of the pods is progress', () => {
  expect(progressAfter(['0 of 2', '0 of 2', '0 of 2'])).toBe(20);
  expect(progressAfter(['0 of 2', '0 of 2', '1 of 2'])).toBe(0);
});

test('pods that come and go for ever make no progress', () => {
  expect(progressAfter(['0 of 2', '1 of 2', '0 of 2', '1 of 2', '0 of 2'])).toBe(30);
});

test('time that did not count is not idle', () => {
  const progress = new RolloutProgress();
  const look = { aim: 'version 2', state: '0 of 2', earlier: 0 };
  progress.idleSeconds('loan', { ...look, counted: 10 });
  expect(progress.idleSeconds('loan', { ...look, counted: 10 })).toBe(0);
  expect(progress.idleSeconds('loan', { ...look, counted: 15 })).toBe(5);
});

test('a new leader goes on from the recorded time, until pods make progress', () => {
  expect(progressAfter(['0 of 2'], 570)).toBe(570);
  expect(progressAfter(['0 of 2', '0 of 2'], 570)).toBe(580);
  expect(progressAfter(['0 of 2', '1 of 2'], 570)).toBe(0);
});

test('another aim and another target begin anew', () => {
  const progress = new RolloutProgress();
  const idle = (name: string, aim: string, counted: number) =>
    progress.idleSeconds(name, { aim, state: '0 of 2', counted, earlier: 0 });
  idle('loan', 'version 2', 0);
  expect(idle('other', 'version 2', 10)).toBe(0);
  expect(idle('loan', 'version 2', 10)).toBe(10);
  expect(idle('loan', 'version 3', 10)).toBe(0);
  progress.forget('loan');
  expect(idle('loan', 'version 3', 20)).toBe(0);
});
