/**
 * Remembers when this process last saw each sign of life change. Stored times are never compared, because the clocks of
 * two machines differ and may jump.
 */
export class ChangeObserver {
  readonly #seen = new Map<string, { sign: string; atMilliseconds: number }>();

  /** `nowMilliseconds` is monotonic. Keys that are not in `signs` are forgotten. */
  observe(signs: ReadonlyMap<string, string>, nowMilliseconds: number): void {
    for (const key of this.#seen.keys()) if (!signs.has(key)) this.#seen.delete(key);
    for (const [key, sign] of signs) {
      if (this.#seen.get(key)?.sign !== sign) this.#seen.set(key, { sign, atMilliseconds: nowMilliseconds });
    }
  }

  /** Time since the last change. 0 if the key was never seen. */
  ageMilliseconds(key: string, nowMilliseconds: number): number {
    const seen = this.#seen.get(key);
    return seen === undefined ? 0 : nowMilliseconds - seen.atMilliseconds;
  }
}
