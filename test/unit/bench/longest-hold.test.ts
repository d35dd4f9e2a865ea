import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { longestHold } from '../../bench/longest-hold.ts';

/** Goes on for this time without a pause. */
function hold(seconds: number): void {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end);
}

test('tells for how long work holds the event loop between two pauses', async () => {
  const seconds = await longestHold(async () => {
    hold(0.001);
    await setImmediate();
    hold(0.003);
    await setImmediate();
    hold(0.002);
  });
  expect(seconds).toBeGreaterThanOrEqual(0.003);
});

test('fails if the work fails', async () => {
  await expect(longestHold(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
