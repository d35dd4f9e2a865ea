import { describe, expect, test } from '@jest/globals';
import { endSleep, systemClock } from '../../../services/shared/clock.ts';

describe('a sleep of the system clock', () => {
  test('ends by itself, with and without a signal', async () => {
    await expect(systemClock.sleep(5, new AbortController().signal)).resolves.toBeUndefined();
    await expect(systemClock.sleep(5)).resolves.toBeUndefined();
  });

  test('rejects with the reason at once if its signal aborts, before or meanwhile', async () => {
    const reason = new Error('stopped');
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const sleep = systemClock.sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
  });

  test('that nobody awaits any more is ended with the same error each time', async () => {
    const endings = [new AbortController(), new AbortController()].map((timer) => {
      const sleep = systemClock.sleep(60_000, timer.signal);
      endSleep(timer);
      return sleep.catch((error: unknown) => error);
    });
    const [one, other] = await Promise.all(endings);
    expect(one).toBeInstanceOf(Error);
    expect(one).toBe(other);
  });
});
