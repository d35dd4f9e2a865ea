/**
 * Tells who shows signs of life, by when this process saw a version change. Stored times are never compared:
 * the clocks of two machines differ, and one may jump.
 */
export class ChangeObserver {
  readonly #seen = new Map<string, { version: string; atMilliseconds: number }>();

  /** `nowMilliseconds` is monotonic. Forgets what is not among the `versions`. */
  observe(versions: ReadonlyMap<string, string>, nowMilliseconds: number): void {
    for (const key of this.#seen.keys()) if (!versions.has(key)) this.#seen.delete(key);
    for (const [key, version] of versions) {
      if (this.#seen.get(key)?.version !== version)
        this.#seen.set(key, { version, atMilliseconds: nowMilliseconds });
    }
  }

  /** Since the last change; 0 where the key was never seen. */
  ageMilliseconds(key: string, nowMilliseconds: number): number {
    const seen = this.#seen.get(key);
    return seen === undefined ? 0 : nowMilliseconds - seen.atMilliseconds;
  }
}
