import { expect, test } from '@jest/globals';
import { Waker } from '../../../../services/stream/group/waker.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const { signal } = new AbortController();

function world() {
  const clock = new ManualClock(0);
  const waker = new Waker(clock);
  const ends: number[] = [];
  const wait = async () => {
    await waker.wait(500, signal);
    ends.push(clock.monotonic());
  };
  const pass = async (milliseconds: number) => {
    await new Promise(setImmediate);
    clock.advance(milliseconds);
    await new Promise(setImmediate);
  };
  return { clock, waker, wait, pass, ends };
}

test('a wake ends the wait at once, and a nudge after a moment', async () => {
  const { waker, wait, pass, ends } = world();
  void wait();
  waker.nudge();
  await pass(199);
  expect(ends).toEqual([]);
  await pass(1);
  expect(ends).toEqual([200]);
  void wait();
  waker.nudge();
  waker.wake();
  await pass(0);
  expect(ends).toEqual([200, 200]);
});

test('however many nudges come, waits end at most five times a second', async () => {
  const { clock, waker, pass, ends, wait } = world();
  const keepWaiting = async () => {
    while (clock.monotonic() < 10_000) await wait();
  };
  void keepWaiting();
  for (let now = 0; now < 10_000; now += 5) {
    waker.nudge();
    await pass(5);
  }
  expect(ends.length).toBeLessThanOrEqual(50);
  expect(ends.length).toBeGreaterThanOrEqual(40);
});

test('a call while nobody waits counts for the next wait', async () => {
  const { waker, wait, pass, ends } = world();
  waker.wake();
  void wait();
  await pass(0);
  expect(ends).toEqual([0]);
});

test('leaves no timer behind', async () => {
  const { clock, waker, wait, pass } = world();
  void wait();
  waker.nudge();
  await pass(200);
  expect(clock.sleeping).toBe(0);
});
