/** Wire types of protobuf. */
export const VARINT = 0;
export const LENGTH_DELIMITED = 2;
const FIXED_64 = 1;
const FIXED_32 = 5;
/** A 64-bit number needs no more, even if it is negative. */
const MAXIMUM_VARINT_BYTES = 10;

/** The bytes are not a protobuf message. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/**
 * Goes over the fields of a protobuf message. It copies nothing, allocates nothing, and never leaves the message, so a
 * message from outside costs time in proportion to its bytes and no memory. Numbers above 2^53 stay large: they are not
 * cut to 32 bits, which would make a wrong index look right.
 */
export class MessageReader {
  /** Number of the field that `next` found. */
  field = 0;
  wireType = 0;
  /** Value of a varint, or length of a length-delimited field. */
  value = 0;
  /** First byte of a length-delimited field. */
  start = 0;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** First byte after the field that `next` found. The next field begins there. */
  get position(): number {
    return this.#position;
  }

  /**
   * Moves to the next field. False at the end of the message.
   * @throws MalformedMessage
   */
  next(): boolean {
    if (this.#position >= this.#end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (this.field === 0) throw new MalformedMessage('field number 0');
    switch (this.wireType) {
      case VARINT:
        this.value = this.#varint();
        return true;
      case LENGTH_DELIMITED:
        this.value = this.#varint();
        this.start = this.#position;
        return this.#skip(this.value);
      case FIXED_64:
        return this.#skip(8);
      case FIXED_32:
        return this.#skip(4);
      default:
        // Groups are obsolete, and neither aggregates nor ONNX files have groups.
        throw new MalformedMessage(`wire type ${this.wireType}`);
    }
  }

  #skip(bytes: number): true {
    if (bytes > this.#end - this.#position) throw new MalformedMessage('a field runs past its message');
    this.#position += bytes;
    return true;
  }

  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let read = 0; read < MAXIMUM_VARINT_BYTES && this.#position < this.#end; read++) {
      const byte = this.#bytes[this.#position++] as number;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 128;
    }
    throw new MalformedMessage('a number has no end');
  }
}
