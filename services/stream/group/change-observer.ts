/**
 * Tells who shows signs of life, by when this process saw them change. Stored times are never compared:
 * the clocks of two machines differ, and one may jump.
 */
export class ChangeObserver {
  readonly #seen = new Map<string, { sign: string; atMilliseconds: number }>();

  /** `nowMilliseconds` is monotonic. Forgets what is not among the `signs`. */
  observe(signs: ReadonlyMap<string, string>, nowMilliseconds: number): void {
    for (const key of this.#seen.keys()) if (!signs.has(key)) this.#seen.delete(key);
    for (const [key, sign] of signs) {
      if (this.#seen.get(key)?.sign !== sign) this.#seen.set(key, { sign, atMilliseconds: nowMilliseconds });
    }
  }

  /** Since the last change; 0 where the key was never seen. */
  ageMilliseconds(key: string, nowMilliseconds: number): number {
    const seen = this.#seen.get(key);
    return seen === undefined ? 0 : nowMilliseconds - seen.atMilliseconds;
  }
}
