import { type Clock, systemClock } from '../../services/shared/clock.ts';

/** A clock on which waits and durations pass `factor` times as fast, for code whose back-off takes long. Stamps stay true. */
export function fastClock(factor: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic() * factor,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / factor, signal),
  };
}
