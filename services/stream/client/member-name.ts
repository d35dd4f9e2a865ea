/** A name with its quotes, in words of four bytes, because comparing words costs a quarter of comparing bytes. */
export class MemberName {
  readonly words: readonly number[];
  /** The last four bytes. They overlap the words if the length is no multiple of four. */
  readonly last: number;
  readonly length: number;

  /** @param name at least two ASCII characters */
  constructor(name: string) {
    const bytes = Buffer.from(`"${name}"`);
    this.length = bytes.length;
    this.words = Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32LE(4 * index));
    this.last = bytes.readInt32LE(bytes.length - 4);
  }
}
