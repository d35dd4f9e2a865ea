import { setTimeout as delay } from 'node:timers/promises';

/** Source of time. It is injected, so that tests control the time. */
export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. It may jump, so use it for timestamps only. */
  now(): number;
  /** Monotonic time in milliseconds from an arbitrary start, for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `milliseconds`; rejects with an AbortError as soon as `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal ? { signal } : {}),
};
