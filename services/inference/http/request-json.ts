import { nullForBareNaN } from '../decision/decode/bare-nan.ts';
import { hasMoreParts } from '../decision/decode/json-text.ts';

/**
 * Texts, objects and arrays that a body with many rows may have. `JSON.parse` needs up to 1 µs for each of them, and
 * 8 MiB could hold 4 million.
 */
const PARTS_LIMIT = 400_000;

/** Values that a body with an exact integer may have. `JSON.parse` calls a function for each, in up to 1 µs. */
const EXACT_VALUES_LIMIT = 400_000;

/** A whole number in digits that may be above 2^53. Other numbers of that length have a point or an exponent. */
const LONG_INTEGER = /[[,:\s-]\d{16,}(?![\d.eE])/;

/** A body as JSON, or a sentence that says why the body is refused. */
type RequestJson =
  | { readonly json: unknown; readonly refusal?: undefined }
  | { readonly refusal: string; readonly json?: undefined };

interface RequestJsonOptions {
  /** True: a whole number that `JSON.parse` would round is a bigint. @default false */
  readonly exactIntegers?: boolean;
}

/**
 * Parses a body in time proportional to its bytes. A bare NaN, which Python writes, is null. `what` names the body in the
 * refusal.
 */
export function parseRequestJson(
  body: Uint8Array,
  what: string,
  { exactIntegers = false }: RequestJsonOptions = {},
): RequestJson {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (hasMoreParts(text, PARTS_LIMIT)) {
      return {
        refusal: `${what} has more than ${PARTS_LIMIT} texts, objects and arrays: send less at a time`,
      };
    }
    const exact = exactIntegers && LONG_INTEGER.test(text);
    if (exact && hasMoreCommas(text, EXACT_VALUES_LIMIT)) {
      const limit = `${what} has whole numbers of 16 digits and more than ${EXACT_VALUES_LIMIT} values`;
      return { refusal: `${limit}: send less at a time, or send binary data` };
    }
    return { json: parse(text, body, exact ? exactInteger : undefined) };
  } catch {
    return { refusal: `${what} is not JSON` };
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

function parse(text: string, body: Uint8Array, reviver: Reviver | undefined): unknown {
  try {
    return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
  } catch (error) {
    if (!text.includes('NaN')) throw error;
    const nulls = new TextDecoder().decode(nullForBareNaN(body));
    return JSON.parse(nulls, reviver as Parameters<typeof JSON.parse>[1]);
  }
}

/** A whole number in its own digits. A number with more than 309 digits is infinite, and stays so. */
const exactInteger: Reviver = (_, value, { source }) =>
  typeof value === 'number' &&
  Number.isInteger(value) &&
  !Number.isSafeInteger(value) &&
  source !== undefined &&
  /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;

function hasMoreCommas(text: string, limit: number): boolean {
  let commas = 0;
  for (let comma = text.indexOf(','); comma !== -1; comma = text.indexOf(',', comma + 1)) {
    if (++commas > limit) return true;
  }
  return false;
}
