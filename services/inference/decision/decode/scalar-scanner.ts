import { endOfText, QUOTE, UNKNOWN } from './json-tokens.ts';
import { KnownText } from './known-text.ts';
import type { NumberScanner } from './number-scanner.ts';
import { byteAt } from './record-bytes.ts';

const NULL = new KnownText('null');
/** The plain path reads a bare NaN, which is not JSON, as null. */
const NAN = new KnownText('NaN');
const TRUE = new KnownText('true');
const FALSE = new KnownText('false');

/** Index after the null or the bare NaN at `start`, or UNKNOWN. */
export function endOfMissing(start: number): number {
  if (NULL.isAt(start)) return start + NULL.length;
  return NAN.isAt(start) ? start + NAN.length : UNKNOWN;
}

/** Index after the value at `start`, which nobody reads. UNKNOWN if it is an object, an array or not ASCII. */
export function skipScalar(start: number, numbers: NumberScanner): number {
  if (byteAt(start) === QUOTE) {
    const quote = endOfText(start + 1);
    return quote === UNKNOWN ? UNKNOWN : quote + 1;
  }
  if (TRUE.isAt(start)) return start + TRUE.length;
  if (FALSE.isAt(start)) return start + FALSE.length;
  const missing = endOfMissing(start);
  return missing === UNKNOWN ? numbers.scan(start) : missing;
}
