/** A limit for every second, for each key by itself. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Whether `amount` may pass. If it may, it is counted. */
  take(key: string, amount: number): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { left: this.#perSecond, at: now };
    const refilled = bucket.left + ((now - bucket.at) / 1000) * this.#perSecond;
    const left = Math.min(this.#perSecond, refilled);
    const passes = left >= Math.min(amount, this.#perSecond);
    this.#buckets.set(key, { left: passes ? left - amount : left, at: now });
    return passes;
  }
}
