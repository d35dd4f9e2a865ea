import { expect, test } from '@jest/globals';
import { areTooMany, crashLimit } from '../../../../operators/rollout/decision/crash-limit.ts';
import { crashesOf } from '../../../support/rollout-of.ts';

const DAY = 86_400;
const healthy = (pods: number) => crashLimit(pods, { restarts: 0, podSeconds: 0 });

test('the limit grows slowly with the number of pods', () => {
  expect([0, 1, 2, 3, 4, 20, 50, 100].map(healthy)).toEqual([2, 2, 2, 2, 3, 4, 5, 6]);
});

test('the limit grows with the restarts of the time before', () => {
  const hourly = { restarts: 3 * 24 * 7, podSeconds: 3 * 7 * DAY };
  expect(crashLimit(3, hourly)).toBe(5);
  expect(crashLimit(3, { restarts: 0, podSeconds: 3 * 30 * DAY })).toBe(2);
});

test('the limit is a number also for pods that restart all the time', () => {
  expect(crashLimit(100, { restarts: 1e9, podSeconds: 1 })).toBeLessThan(300);
});

test('as many crashes as the limit are too many', () => {
  expect([1, 2].map((recent) => areTooMany(crashesOf(recent)))).toEqual([false, true]);
});
