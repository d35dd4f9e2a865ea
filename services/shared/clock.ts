import { setTimeout as delay } from 'node:timers/promises';

/** Time as the code sees it; injected so that tests decide what time it is. */
export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. May jump. For stamps only. */
  now(): number;
  /** Milliseconds from an arbitrary start that never go backwards. For durations and deadlines. */
  monotonic(): number;
  /** Resolves after `milliseconds`; rejects with an AbortError as soon as `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal ? { signal } : {}),
};
