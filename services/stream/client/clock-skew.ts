/** AWS refuses a signature whose time is more than five minutes off. */
const TOLERATED_MILLISECONDS = 4 * 60_000;

/** The difference between the service's clock and ours, if it is large enough to break signatures. Learned from refusals. */
export class ClockSkew {
  #milliseconds = 0;

  /** The time to sign with, given our time. Both are milliseconds since the epoch. */
  correct(now: number): number {
    return now + this.#milliseconds;
  }

  /** @param date the `Date` header of a response that refused a call */
  learn(date: string, now: number): void {
    const served = Date.parse(date);
    if (Math.abs(served - this.correct(now)) > TOLERATED_MILLISECONDS) this.#milliseconds = served - now;
  }
}
