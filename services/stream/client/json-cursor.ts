import type { MemberName } from './member-name.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const POINT = 0x2e;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const LETTER_N = 0x6e;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** The letter e, once the bit of small letters is set. */
const EXPONENT = 0x65;
const SMALL_LETTER = 0x20;

/** Kinds of bytes inside a JSON string. 0 ends the scan: a quote, a backslash, or a control character. */
const ASCII = 1;
const BEYOND_ASCII = 2;
const KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return BEYOND_ASCII;
  return byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 0 : ASCII;
});

/** A whole number of so many digits is exact. So is a power of ten up to 22, and one division rounds correctly. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Reads JSON from bytes. A text that the cursor takes is JSON, and has the value that JSON.parse gives. The cursor never
 * throws: a method that finds something else returns undefined or false, and the place of the cursor then means nothing.
 */
export class JsonCursor {
  /** Index of the next byte. */
  at = 0;
  /** First byte of the last string, after its quote. The other quote is at `at - 1`. */
  start = 0;
  #isAscii = true;
  readonly #bytes: Buffer;
  readonly #view: DataView;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The next byte after white space. Undefined at the end. */
  peek(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.at];
      if (byte === undefined || byte > 0x20) return byte;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
  }

  /** Takes the byte after white space. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  takeNull(): boolean {
    if (this.peek() !== LETTER_N || this.#bytes.toString('latin1', this.at, this.at + 4) !== 'null')
      return false;
    this.at += 4;
    return true;
  }

  /** Takes the name of a member, which must be the next byte, and the colon. */
  takeMember({ words, last, length }: MemberName): boolean {
    const view = this.#view;
    const { at } = this;
    const end = at + length;
    if (end > view.byteLength || view.getInt32(at, true) !== words[0]) return false;
    for (let index = 1; index < words.length; index++)
      if (view.getInt32(at + 4 * index, true) !== words[index]) return false;
    if (view.getInt32(end - 4, true) !== last) return false;
    this.at = end;
    if (this.take(COLON)) return true;
    this.at = at;
    return false;
  }

  /** Takes a member that nobody reads. False if its name is one of `read`. */
  skipMember(read: ReadonlySet<string>): boolean {
    const name = this.text();
    return name !== undefined && !read.has(name) && this.take(COLON) && this.value() !== undefined;
  }

  /** Takes a string without escapes, and leaves its bytes where they are. */
  skipText(): boolean {
    return this.take(QUOTE) && this.#skipPlain();
  }

  /** Takes the rest of a string. If the string has an escape, `at - 1` is the place of the escape. */
  #skipPlain(): boolean {
    const bytes = this.#bytes;
    let { at } = this;
    let kinds = 0;
    this.start = at;
    for (let kind = KIND[bytes[at] as number]; kind; kind = KIND[bytes[++at] as number]) kinds |= kind;
    this.#isAscii = kinds < BEYOND_ASCII;
    this.at = at + 1;
    return bytes[at] === QUOTE;
  }

  /** Takes all up to the next quote. The caller checks that the bytes from `start` hold no escape. */
  skipToQuote(): boolean {
    if (!this.take(QUOTE)) return false;
    this.start = this.at;
    const end = this.#bytes.indexOf(QUOTE, this.at);
    this.at = end + 1;
    return end >= 0;
  }

  text(): string | undefined {
    if (!this.take(QUOTE)) return undefined;
    if (!this.#skipPlain()) return this.#escapedText();
    // The bytes beside the string are quotes, so no character begins or ends outside of the string.
    return this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', this.start, this.at - 1);
  }

  /** Takes the rest of a string whose first escape is at `at - 1`. */
  #escapedText(): string | undefined {
    this.at = this.#closingQuote(this.at - 1) + 1;
    return this.#parsed(this.start - 1) as string | undefined;
  }

  /** Takes a value of any kind. */
  value(): unknown {
    const bytes = this.#bytes;
    const start = this.at;
    let depth = 0;
    for (; this.at < bytes.length; this.at++) {
      const byte = bytes[this.at] as number;
      if (byte === QUOTE) this.at = this.#closingQuote(this.at + 1);
      else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth++;
      else if (depth === 0 && (byte === COMMA || byte === CLOSING_BRACE || byte === CLOSING_BRACKET)) break;
      else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth--;
    }
    return this.#parsed(start);
  }

  /** Index of the quote that ends a string, from a byte inside the string on. The length if the string has no end. */
  #closingQuote(inside: number): number {
    const bytes = this.#bytes;
    let at = inside;
    // A backslash and the byte behind it belong together, so that byte does not end the string.
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    return at;
  }

  /** The value whose bytes end at the cursor. */
  #parsed(start: number): unknown {
    try {
      return JSON.parse(this.#bytes.toString('utf8', start, this.at));
    } catch {
      // The caller leaves the whole text to JSON.parse, which tells what is wrong.
      return undefined;
    }
  }

  number(): number | undefined {
    const isNegative = this.peek() === MINUS;
    const start = this.at;
    const from = isNegative ? ++this.at : start;
    let value = this.#digits(0);
    let digits = this.at - from;
    // JSON writes no zero before another digit.
    if (value === undefined || (digits > 1 && this.#bytes[from] === ZERO)) return undefined;
    let places = 0;
    if (this.#bytes[this.at] === POINT) {
      this.at++;
      value = this.#digits(value);
      places = this.at - from - digits - 1;
      digits += places;
    }
    if (value === undefined) return undefined;
    const isPlain = ((this.#bytes[this.at] ?? 0) | SMALL_LETTER) !== EXPONENT;
    if (isPlain && !isNegative && digits <= EXACT_DIGITS) return value / (POWERS_OF_TEN[places] as number);
    if (!isPlain && !this.#skipExponent()) return undefined;
    return Number(this.#bytes.toString('latin1', start, this.at));
  }

  /** Takes at least one digit. Returns `before` with the digits behind it, which is exact for few digits. */
  #digits(before: number): number | undefined {
    const bytes = this.#bytes;
    const start = this.at;
    let value = before;
    let { at } = this;
    for (let byte = bytes[at] as number; byte >= ZERO && byte <= NINE; byte = bytes[++at] as number)
      value = value * 10 + byte - ZERO;
    this.at = at;
    return at > start ? value : undefined;
  }

  #skipExponent(): boolean {
    const sign = this.#bytes[++this.at];
    if (sign === MINUS || sign === 0x2b) this.at++;
    return this.#digits(0) !== undefined;
  }
}
