/** Each key is compared with all others, so there may be few of them. */
const LIMIT = 16;
/** In bytes, with the quotes. To hash a long key costs more than the native parser needs for it. */
export const LONGEST_KEY = 64;

/** Keys of an object that nobody reads. They are kept because no key may be given twice. */
export class ExtraKeys {
  readonly #hashes = new Int32Array(LIMIT);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  /**
   * The hashes alone are compared, because the keys may be long and alike.
   * @param hash stringHash of the key
   * @returns false if the key may be given twice, if it is long, or if there are too many keys
   */
  add(bytes: number, hash: number): boolean {
    if (bytes > LONGEST_KEY || this.#count === LIMIT) return false;
    for (let index = 0; index < this.#count; index++) {
      if (this.#hashes[index] === hash) return false;
    }
    this.#hashes[this.#count++] = hash;
    return true;
  }
}
