import type { FeatureColumns, FeatureLayout } from '../../model/feature-columns.ts';
import { ExtraKeys } from './extra-keys.ts';
import type { FieldDecoder } from './field-decoder.ts';
import { InputScanner } from './input-scanner.ts';
import {
  CLOSE_BRACE,
  COMMA,
  endOfText,
  OPEN_BRACE,
  QUOTE,
  skipColon,
  skipSpace,
  UNKNOWN,
} from './json-tokens.ts';
import { KnownText } from './known-text.ts';
import { NumberScanner } from './number-scanner.ts';
import { byteAt, isValidUtf8, loadRecord, textBetween } from './record-bytes.ts';
import { REQUEST_ID_CHARACTERS } from './request-id.ts';
import { endOfMissing, skipScalar } from './scalar-scanner.ts';
import { stringHash } from './string-hash.ts';

const INPUT = new KnownText('"input"');
const REQUEST_ID = new KnownText('"request_id"');

/**
 * Decodes `{"input": {…}, "request_id": …}` from its bytes, without the objects that JSON.parse makes. It decodes plain
 * records alone and refuses nothing. Whatever it does not know, the plain path decides.
 */
export class RecordScanner {
  readonly #numbers = new NumberScanner();
  readonly #input: InputScanner;
  readonly #extraKeys = new ExtraKeys();
  #requestId: string | undefined;

  /** @param decoders one for each field */
  constructor(layout: FeatureLayout, decoders: readonly FieldDecoder[]) {
    this.#input = new InputScanner(layout, decoders, this.#numbers);
  }

  /**
   * Decodes `data` into `features` at `row`.
   * @param data of at most SCANNED_BYTES
   * @returns the request id (empty if there is none). Undefined if the plain path must decide and write the row again.
   */
  scan(data: Uint8Array, features: FeatureColumns, row: number): string | undefined {
    loadRecord(data);
    let at = skipSpace(0);
    if (byteAt(at) !== OPEN_BRACE) return undefined;
    this.#extraKeys.clear();
    this.#requestId = undefined;
    let hasInput = false;
    do {
      at = skipSpace(at + 1);
      if (INPUT.isAt(at)) {
        const value = skipColon(at + INPUT.length);
        if (hasInput || value === UNKNOWN) return undefined;
        hasInput = true;
        at = this.#input.scan(value, features.columns, row * features.stride);
      } else at = REQUEST_ID.isAt(at) ? this.#scanRequestId(at + REQUEST_ID.length) : this.#skipExtra(at);
      if (at === UNKNOWN) return undefined;
      at = skipSpace(at);
    } while (byteAt(at) === COMMA);
    const isWhole = byteAt(at) === CLOSE_BRACE && skipSpace(at + 1) === data.length;
    return hasInput && isWhole && isValidUtf8(data) ? (this.#requestId ?? '') : undefined;
  }

  #scanRequestId(afterKey: number): number {
    const at = skipColon(afterKey);
    if (at === UNKNOWN || this.#requestId !== undefined) return UNKNOWN;
    if (byteAt(at) === QUOTE) {
      const quote = endOfText(at + 1);
      // A character takes a byte at least. The plain path counts the characters of a longer text.
      if (quote === UNKNOWN || quote - at - 1 > REQUEST_ID_CHARACTERS) return UNKNOWN;
      this.#requestId = textBetween(at + 1, quote);
      return quote + 1;
    }
    const missing = endOfMissing(at);
    if (missing !== UNKNOWN) {
      this.#requestId = '';
      return missing;
    }
    const end = this.#numbers.scan(at);
    if (end === UNKNOWN || !this.#numbers.digitsAlone) return UNKNOWN;
    this.#requestId = textBetween(at, end);
    return end;
  }

  #skipExtra(at: number): number {
    if (byteAt(at) !== QUOTE) return UNKNOWN;
    const end = endOfText(at + 1);
    if (end === UNKNOWN || !this.#extraKeys.add(end + 1 - at, stringHash(at, end))) return UNKNOWN;
    const value = skipColon(end + 1);
    return value === UNKNOWN ? UNKNOWN : skipScalar(value, this.#numbers);
  }
}
