import { wordAt } from './record-bytes.ts';

const WORD_BYTES = 4;

/** A piece of JSON, compared with the record four bytes at a time. */
export class KnownText {
  /** In bytes of UTF-8. */
  readonly length: number;
  readonly #words: Int32Array;
  readonly #rest: number;
  readonly #restMask: number;

  /** @param json well-formed text without a zero, so that no match goes on after the end of the record */
  constructor(json: string) {
    const bytes = Buffer.from(json);
    const words = Math.floor(bytes.length / WORD_BYTES);
    const padded = Buffer.concat([bytes, Buffer.alloc(WORD_BYTES)]);
    this.length = bytes.length;
    this.#words = Int32Array.from({ length: words }, (_, word) => padded.readInt32LE(word * WORD_BYTES));
    this.#rest = padded.readInt32LE(words * WORD_BYTES);
    this.#restMask = 2 ** (8 * (bytes.length % WORD_BYTES)) - 1;
  }

  /** True if the record has the text at `start`. */
  isAt(start: number): boolean {
    const words = this.#words;
    let at = start;
    for (let word = 0; word < words.length; word++) {
      if (wordAt(at) !== words[word]) return false;
      at += WORD_BYTES;
    }
    return (wordAt(at) & this.#restMask) === this.#rest;
  }
}
