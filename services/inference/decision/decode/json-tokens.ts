import { byteAt, noteNonAscii, wordAt } from './record-bytes.ts';

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** Where a scanner stops because it meets what it does not know. The record then takes the plain path. */
export const UNKNOWN = -1;

const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

/** Index of the first byte from `start` that is not white space. Most records have none, so the loop is apart. */
export function skipSpace(start: number): number {
  return byteAt(start) > SPACE ? start : skipSpaces(start);
}

function skipSpaces(start: number): number {
  let at = start;
  for (let byte = byteAt(at); isSpace(byte); byte = byteAt(at)) at++;
  return at;
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
  while (isPlainWord(wordAt(at))) at += 4;
  for (;;) {
    const byte = byteAt(at);
    if (byte === QUOTE) return at;
    if (byte < SPACE || byte === BACKSLASH) return UNKNOWN;
    if (byte > DELETE) noteNonAscii();
    at++;
  }
}

/**
 * True if none of four bytes is a quote, a backslash, a control character or above ASCII. Each subtraction borrows into the
 * highest bit of a byte if the byte is below the subtrahend. The exclusive-or makes the byte that is looked for zero.
 */
function isPlainWord(word: number): boolean {
  const controls = word - 0x20202020;
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return ((word | controls | quotes | backslashes) & 0x80808080) === 0;
}
