import type { Clock } from '../../services/shared/clock.ts';

/** Times that are kept for one object. One decision compares fewer than ten. */
const KEPT_TIMES = 64;

interface Sight {
  /** Age of the time when this process first saw it, in seconds. A time in the future has the age 0. */
  readonly ageSeconds: number;
  /** Monotonic time of that moment, in milliseconds. */
  readonly at: number;
}

/**
 * Seconds since stored times, for each object. The age of a time is read once, when this process first sees the time, and
 * then counted in monotonic time. So no jump of a clock ends a wait early or makes it longer.
 */
export class FirstSights {
  readonly #clock: Clock;
  readonly #objects = new Map<string, Map<string, Sight>>();

  /** @param clock its `now` is the clock by which the times were stored */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns NaN if `time` is no time */
  elapsedSeconds(name: string, time: string): number {
    const sights = this.#objects.get(name) ?? new Map<string, Sight>();
    this.#objects.set(name, sights);
    const sight = sights.get(time) ?? this.#see(time);
    // The last asked time comes last, so the first is the least needed.
    sights.delete(time);
    sights.set(time, sight);
    const [oldest] = sights.keys();
    if (sights.size > KEPT_TIMES && oldest !== undefined) sights.delete(oldest);
    return sight.ageSeconds + (this.#clock.monotonic() - sight.at) / 1000;
  }

  forget(name: string): void {
    this.#objects.delete(name);
  }

  #see(time: string): Sight {
    const ageSeconds = Math.max(0, (this.#clock.now() - Date.parse(time)) / 1000);
    return { ageSeconds, at: this.#clock.monotonic() };
  }
}
