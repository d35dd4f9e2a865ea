import { byteAt, noteNonAscii, spend, wordAt } from './record-bytes.ts';

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** Where a scanner stops because it meets what it does not know. The record then takes the plain path. */
export const UNKNOWN = -1;

const SPACE = 0x20;
const FOUR_SPACES = 0x20202020;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** The bit that each byte of a character beyond ASCII has, in four bytes. */
const BEYOND_ASCII = 0x80808080 | 0;

/** Index of the first byte from `start` that is not white space. Most records have none, so the loop is apart. */
export function skipSpace(start: number): number {
  return byteAt(start) > SPACE ? start : skipSpaces(start);
}

/** If the record has much white space, the index is that of white space, which no caller takes. */
function skipSpaces(start: number): number {
  // Python writes one space after a colon or a comma.
  if (byteAt(start) === SPACE && byteAt(start + 1) > SPACE) return start + 1;
  let at = start;
  for (;;) {
    if (wordAt(at) === FOUR_SPACES) at += 4;
    else if (isSpace(byteAt(at))) at++;
    else return at;
    if (!spend(1)) return at - 1;
  }
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}

/** Index of the value after the colon at `start`, or UNKNOWN. */
export function skipColon(start: number): number {
  const colon = skipSpace(start);
  return byteAt(colon) === COLON ? skipSpace(colon + 1) : UNKNOWN;
}

/** Index of the quote that ends the text from `start`. UNKNOWN if the text has an escape, or does not end. */
export function endOfText(start: number): number {
  let at = start;
  let word = wordAt(at);
  let words = 0;
  while (isPlainWord(word)) {
    words |= word;
    at += 4;
    word = wordAt(at);
  }
  // One of the four bytes ends the text, unless it is a control character or a backslash.
  for (; ; at++) {
    const byte = byteAt(at);
    if (byte === QUOTE) break;
    if (byte < SPACE || byte === BACKSLASH) return UNKNOWN;
    words |= byte;
  }
  if ((words & BEYOND_ASCII) !== 0) noteNonAscii();
  return at;
}

/**
 * True if none of four bytes is a quote, a backslash or a control character. Each subtraction borrows into the highest bit of
 * a byte if the byte is below the subtrahend. The exclusive-or makes the byte that is looked for zero. A byte beyond ASCII
 * has its highest bit by itself.
 */
function isPlainWord(word: number): boolean {
  const controls = word - 0x20202020;
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return ((controls | quotes | backslashes) & ~word & BEYOND_ASCII) === 0;
}
