import { MAXIMUM_ENTRIES } from './put-wave.ts';

const FIRST_ENTRIES = 8;

/**
 * The most entries of one hot key in one request. The length doubles after each request that stored all and used it.
 * It falls to 1 if Kinesis broke a run. So a run is never longer than what was stored in order since the last break,
 * and the entries that are put again do not outnumber those that were stored.
 */
export class RunLength {
  #entries = FIRST_ENTRIES;

  get entries(): number {
    return this.#entries;
  }

  /** Call this after a request that stored every entry. `longest` is the length of its longest run. */
  kept(longest: number): void {
    if (longest >= this.#entries) this.#entries = Math.min(2 * this.#entries, MAXIMUM_ENTRIES);
  }

  /** Call this after a request in which a run was not stored whole and in order, or may not have been. */
  broken(): void {
    this.#entries = 1;
  }
}
