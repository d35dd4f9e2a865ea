import { UNKNOWN } from './json-tokens.ts';
import { byteAt, textBetween } from './record-bytes.ts';

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LOWER_E = 0x65;
/** The bit by which a small letter differs from its capital. */
const SMALL = 0x20;

/** A double holds every whole number of so many digits. */
const EXACT_DIGITS = 15;

/** A double holds these powers of ten, so a quotient by them is rounded once, to the nearest double as JSON.parse does. */
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`));

/** Reads a number of JSON. */
export class NumberScanner {
  /** The number that `scan` passed last. */
  value = 0;
  /** True if the number has digits alone, and so few that it is exact. */
  digitsAlone = false;

  /** @returns index after the number at `start`, or UNKNOWN if there is no number */
  scan(start: number): number {
    const first = byteAt(start) === MINUS ? start + 1 : start;
    let digits = 0;
    let at = first;
    for (let digit = digitAt(at); digit <= 9; digit = digitAt(++at)) digits = digits * 10 + digit;
    const whole = at - first;
    if (whole === 0 || (whole > 1 && byteAt(first) === ZERO)) return UNKNOWN;
    let decimals = 0;
    if (byteAt(at) === POINT) {
      const afterPoint = ++at;
      for (let digit = digitAt(at); digit <= 9; digit = digitAt(++at)) digits = digits * 10 + digit;
      decimals = at - afterPoint;
      if (decimals === 0) return UNKNOWN;
    }
    const exact = whole + decimals <= EXACT_DIGITS;
    if (!exact || (byteAt(at) | SMALL) === LOWER_E) return this.#scanLong(start, at);
    this.digitsAlone = decimals === 0 && first === start;
    const size = decimals === 0 ? digits : digits / (POWERS_OF_TEN[decimals] as number);
    this.value = first === start ? size : -size;
    return at;
  }

  /** @param mantissaEnd index after the digits and decimals of the number at `start` */
  #scanLong(start: number, mantissaEnd: number): number {
    let at = mantissaEnd;
    if ((byteAt(at) | SMALL) === LOWER_E) {
      at++;
      if (byteAt(at) === PLUS || byteAt(at) === MINUS) at++;
      const exponent = at;
      while (digitAt(at) <= 9) at++;
      if (at === exponent) return UNKNOWN;
    }
    this.digitsAlone = false;
    this.value = Number(textBetween(start, at));
    return at;
  }
}

/** The digit at `at`. More than 9 if there is none. */
function digitAt(at: number): number {
  return (byteAt(at) - ZERO) >>> 0;
}
