import type { Clock } from './clock.ts';

/** The `Date` header has whole seconds, so the time at the service was up to a second later. */
const HEADER_MILLISECONDS = 1_000;

/** Bounds of `service time - monotonic time`, in milliseconds. */
interface Offset {
  readonly least: number;
  readonly most: number;
}

/**
 * The time at the service, from the `Date` headers of its answers and from monotonic time since. It does not follow the
 * clock of this machine, which may be wrong and may jump. Each answer narrows the estimate, first to a second and then to
 * the time that an answer travels. Within these bounds the clock of this machine is the best guess. Outside of them it is
 * wrong. Then the earliest time counts, because a start that is too late would leave records out.
 */
export class ServiceClock {
  readonly #clock: Clock;
  #offset: Offset | undefined;
  /** Contradicts the offset. A second answer must agree before it counts, because a proxy may have sent the first. */
  #doubt: Offset | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whole milliseconds since the epoch, as a checkpoint stores them. Before the first answer, the time of this machine. */
  now(): number {
    const local = this.#clock.now();
    if (this.#offset === undefined) return local;
    const monotonic = this.#clock.monotonic();
    const least = monotonic + this.#offset.least;
    return Math.floor(local >= least && local <= monotonic + this.#offset.most ? local : least);
  }

  /** Monotonic time to give to `learn` once the answer is there. */
  sending(): number {
    return this.#clock.monotonic();
  }

  /**
   * @param date the `Date` header of an answer. Anything that is not a date is ignored.
   * @param sentAt monotonic time before the request was sent
   */
  learn(date: unknown, sentAt: number): void {
    const served = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    if (Number.isNaN(served)) return;
    const seen = { least: served - this.#clock.monotonic(), most: served + HEADER_MILLISECONDS - sentAt };
    const agreed = this.#offset === undefined ? seen : overlap(this.#offset, seen);
    const corrected = agreed ?? (this.#doubt && overlap(this.#doubt, seen));
    if (corrected === undefined) {
      this.#doubt = seen;
      return;
    }
    this.#offset = corrected;
    this.#doubt = undefined;
  }
}

function overlap(a: Offset, b: Offset): Offset | undefined {
  const both = { least: Math.max(a.least, b.least), most: Math.min(a.most, b.most) };
  return both.least <= both.most ? both : undefined;
}
