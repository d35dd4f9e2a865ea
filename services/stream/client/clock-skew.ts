/** AWS refuses signatures that are more than five minutes off. */
const TOLERATED_MILLISECONDS = 4 * 60_000;

/** What the service's clock shows beside ours, as far as it matters for signatures: learned from refusals, and unlearned. */
export class ClockSkew {
  #milliseconds = 0;

  /** The time to sign with, given ours; milliseconds since the epoch. */
  correct(now: number): number {
    return now + this.#milliseconds;
  }

  /** @param date the `Date` header of an answer that refused something */
  learn(date: string, now: number): void {
    const served = Date.parse(date);
    if (Math.abs(served - this.correct(now)) > TOLERATED_MILLISECONDS) this.#milliseconds = served - now;
  }
}
