import { describe, expect, test } from '@jest/globals';
import { backoffMilliseconds, retry } from '../../../services/shared/backoff.ts';
import type { Clock } from '../../../services/shared/clock.ts';

const options = { baseMilliseconds: 100, maximumMilliseconds: 1_000 };

function recordingClock(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => 0,
    monotonic: () => 0,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      sleeps.push(milliseconds);
    },
  };
}

describe('backoffMilliseconds', () => {
  test('doubles its ceiling up to the maximum and jitters over all of it', () => {
    const ceilings = [0, 1, 2, 3, 4, 50].map((attempt) =>
      backoffMilliseconds(attempt, { ...options, random: () => 1 }),
    );
    expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(backoffMilliseconds(3, { ...options, random: () => 0 })).toBe(0);
  });
});

describe('retry', () => {
  test('tries until the operation succeeds', async () => {
    const clock = recordingClock();
    let calls = 0;
    const operation = async () => {
      if (++calls < 3) throw new Error('not yet');
      return 'done';
    };
    await expect(retry(operation, { ...options, clock, random: () => 1 })).resolves.toBe('done');
    expect(clock.sleeps).toEqual([100, 200]);
  });

  test('gives up at once on an error that is not retryable', async () => {
    const clock = recordingClock();
    const operation = () => Promise.reject(new Error('never'));
    await expect(retry(operation, { ...options, clock, isRetryable: () => false })).rejects.toThrow('never');
    expect(clock.sleeps).toEqual([]);
  });

  test('stops when the signal aborts', async () => {
    const controller = new AbortController();
    const operation = () => Promise.reject(new Error('down'));
    const attempt = retry(operation, {
      ...options,
      clock: recordingClock(),
      signal: controller.signal,
      onRetry: () => controller.abort(new Error('stopping')),
    });
    await expect(attempt).rejects.toThrow('stopping');
  });
});
