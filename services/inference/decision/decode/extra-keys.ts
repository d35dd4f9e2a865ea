import { byteAt } from './record-bytes.ts';

/** Each key is compared with all others, so there may be few of them. */
const LIMIT = 16;

/** Keys of an object that nobody reads. They are kept because no key may be given twice. */
export class ExtraKeys {
  readonly #starts = new Int32Array(LIMIT);
  readonly #ends = new Int32Array(LIMIT);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  /** @returns false if the key whose quotes are at `start` and `end` is given twice, or if there are too many keys */
  add(start: number, end: number): boolean {
    if (this.#count === LIMIT) return false;
    for (let index = 0; index < this.#count; index++) {
      if (isSame(start, end, this.#starts[index] as number, this.#ends[index] as number)) return false;
    }
    this.#starts[this.#count] = start;
    this.#ends[this.#count] = end;
    this.#count++;
    return true;
  }
}

function isSame(start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let index = 1; index < end - start; index++) {
    if (byteAt(start + index) !== byteAt(otherStart + index)) return false;
  }
  return true;
}
