import type { Clock } from '../../services/shared/clock.ts';
import { WAITS, type Wait } from './decision/waits.ts';

/** Times that are kept for one object. One decision asks for fewer than ten. */
const KEPT_TIMES = 64;

interface Counts {
  /** Monotonic time of the last look in milliseconds. Undefined while nobody looks. */
  at: number | undefined;
  /** Waits whose time counts since the last look. */
  counting: ReadonlySet<Wait>;
  /** Seconds that counted for each wait since this process first looked. */
  readonly seconds: Map<Wait, number>;
  /** The seconds of a wait at the moment from which it is counted, for each wait and start. */
  readonly starts: Map<string, number>;
}

/**
 * Counts, for each object, the time in which a deadline runs: the operator could look, and what the wait needs was there.
 * An outage therefore pauses a deadline and does not begin it anew.
 */
export class CountedTime {
  readonly #clock: Clock;
  readonly #objects = new Map<string, Counts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts the time since the last look, for the waits that counted then. */
  look(name: string): void {
    const counts = this.#counts(name);
    const now = this.#clock.monotonic();
    const passed = counts.at === undefined ? 0 : (now - counts.at) / 1000;
    counts.at = now;
    for (const wait of counts.counting) counts.seconds.set(wait, this.total(name, wait) + passed);
  }

  /** Sets the waits whose time counts from this look on. */
  count(name: string, waits: ReadonlySet<Wait>): void {
    this.#counts(name).counting = waits;
  }

  /** Nobody looks until the next look. */
  stop(name: string): void {
    this.#counts(name).at = undefined;
  }

  /** Seconds that counted in this process. */
  total(name: string, wait: Wait): number {
    return this.#counts(name).seconds.get(wait) ?? 0;
  }

  /**
   * Seconds that counted since a stored time.
   * @param earlier seconds that counted before this process asked for the first time
   */
  secondsSince(name: string, wait: Wait, time: string, earlier: number): number {
    const { starts } = this.#counts(name);
    const key = `${wait} ${time}`;
    const total = this.total(name, wait);
    const start = starts.get(key) ?? total - earlier;
    // The last asked time comes last, so the first is the least needed.
    starts.delete(key);
    starts.set(key, start);
    const [oldest] = starts.keys();
    if (starts.size > KEPT_TIMES * WAITS.length && oldest !== undefined) starts.delete(oldest);
    return total - start;
  }

  forget(name: string): void {
    this.#objects.delete(name);
  }

  #counts(name: string): Counts {
    const counts = this.#objects.get(name) ?? {
      at: undefined,
      counting: new Set(),
      seconds: new Map(),
      starts: new Map(),
    };
    this.#objects.set(name, counts);
    return counts;
  }
}
