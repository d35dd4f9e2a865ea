import { UNKNOWN } from './json-tokens.ts';
import { byteAt, spend, textBetween } from './record-bytes.ts';

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LOWER_E = 0x65;
/** The bit by which a small letter differs from its capital. */
const SMALL = 0x20;

/** A double holds every whole number of so many digits. */
const EXACT_DIGITS = 15;

/** In bytes: every double can be written in so many. The native parser reads longer numbers faster. */
const LONGEST_NUMBER = 24;

/** A text is made of a longer number, and the text is parsed. */
const STEPS_OF_LONG = 128;

/** A double holds these powers of ten, so a quotient by them is rounded once, to the nearest double as JSON.parse does. */
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`));

/** Reads a number of JSON. */
export class NumberScanner {
  /** The number that `scan` passed last. */
  value = 0;
  /** True if the number has digits alone, and so few that it is exact. */
  digitsAlone = false;

  /** @returns index after the number at `start`. UNKNOWN if there is no number, or if the number is too long. */
  scan(start: number): number {
    const first = byteAt(start) === MINUS ? start + 1 : start;
    let digits = 0;
    let at = first;
    let limit = first + EXACT_DIGITS;
    for (let digit = digitAt(at); digit <= 9 && at < limit; digit = digitAt(++at))
      digits = digits * 10 + digit;
    const whole = at - first;
    if (whole === 0 || (whole > 1 && byteAt(first) === ZERO)) return UNKNOWN;
    let decimals = 0;
    if (byteAt(at) === POINT) {
      const afterPoint = ++at;
      limit++;
      for (let digit = digitAt(at); digit <= 9 && at < limit; digit = digitAt(++at))
        digits = digits * 10 + digit;
      decimals = at - afterPoint;
    }
    if (digitAt(at) <= 9 || (byteAt(at) | SMALL) === LOWER_E) return this.#scanLong(start, first);
    if (decimals === 0 && at !== first + whole) return UNKNOWN;
    this.digitsAlone = decimals === 0 && first === start;
    const size = decimals === 0 ? digits : digits / (POWERS_OF_TEN[decimals] as number);
    this.value = first === start ? size : -size;
    return at;
  }

  /** @param first index of the first digit of the number at `start` */
  #scanLong(start: number, first: number): number {
    const limit = start + LONGEST_NUMBER + 1;
    let at = endOfDigits(first, limit);
    if (at !== UNKNOWN && byteAt(at) === POINT) at = endOfDigits(at + 1, limit);
    if (at !== UNKNOWN && (byteAt(at) | SMALL) === LOWER_E) {
      const isSigned = byteAt(at + 1) === PLUS || byteAt(at + 1) === MINUS;
      at = endOfDigits(isSigned ? at + 2 : at + 1, limit);
    }
    if (at === UNKNOWN || !spend(STEPS_OF_LONG)) return UNKNOWN;
    this.digitsAlone = false;
    this.value = Number(textBetween(start, at));
    return at;
  }
}

/** Index after the digits at `start`. UNKNOWN if there is no digit, or if the digits reach `limit`. */
function endOfDigits(start: number, limit: number): number {
  let at = start;
  while (at < limit && digitAt(at) <= 9) at++;
  return at === start || at >= limit ? UNKNOWN : at;
}

/** The digit at `at`. More than 9 if there is none. */
function digitAt(at: number): number {
  return (byteAt(at) - ZERO) >>> 0;
}
