import type { Rejection } from '../rejection.ts';
import { nullForBareNaN } from './bare-nan.ts';
import { type DuplicateKey, findDuplicateKey } from './duplicate-key.ts';
import { quoteValue } from './field-decoder.ts';
import { hasMoreParts } from './json-text.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** An application before its values are validated, or why it cannot be parsed. */
export type Payload =
  | { readonly features: JsonObject; readonly requestId: unknown; readonly rejection?: undefined }
  | { readonly rejection: Rejection; readonly requestId?: unknown };

/**
 * A record may have a text, an object or an array for each 32 bytes of its size limit: 8,192 of them by default.
 * `JSON.parse` needs up to 0.8 µs for each, and 256 KiB could hold 130,000.
 */
const BYTES_PER_PART = 32;

/** However low the size limit is, a record may have this many parts. */
const LEAST_PARTS_LIMIT = 1_000;

/** A record of so many bytes holds no more parts than it may: an array takes 2 bytes, and a key or an object more. */
export function uncountedBytes(maximumBytes: number): number {
  return 2 * partsLimit(maximumBytes);
}

function partsLimit(maximumBytes: number): number {
  return Math.max(Math.ceil(maximumBytes / BYTES_PER_PART), LEAST_PARTS_LIMIT);
}

/** A longer key is named by the message alone, truncated. */
const FIELD_CHARACTERS = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads `{"input": {…}, "request_id": …}` in time proportional to its bytes.
 * @param flat true if the features alone are allowed, because the predecessor's web service takes them
 */
export function parsePayload(data: Uint8Array, maximumBytes: number, flat: boolean): Payload {
  if (data.length > maximumBytes) {
    const message = `the record has ${data.length} bytes: it must have at most ${maximumBytes}`;
    return { rejection: { code: 'too_large', message } };
  }
  let text: string;
  let root: unknown;
  try {
    text = utf8.decode(data);
    const limit = partsLimit(maximumBytes);
    if (text.length > uncountedBytes(maximumBytes) && hasMoreParts(text, limit)) {
      return invalidEnvelope(`the record has more than ${limit} texts, objects and arrays`);
    }
    root = parseJson(text, data);
  } catch (error) {
    return { rejection: { code: 'not_json', message: notJson(error) } };
  }
  if (!isObject(root)) return invalidEnvelope('the record must be a JSON object');
  const duplicate = findDuplicateKey(text, root);
  if (duplicate !== undefined) return ambiguous(duplicate, root.request_id);
  const input = root.input;
  if (isObject(input)) return { features: input, requestId: root.request_id };
  if (flat && input === undefined) return { features: root, requestId: undefined };
  const message = input === undefined ? 'input is missing: it must be an object' : 'input must be an object';
  return { ...invalidEnvelope(message, 'input'), requestId: root.request_id };
}

/** A record that says two incomes has no right answer, so nobody may choose between them. */
function ambiguous({ key, inInput }: DuplicateKey, requestId: unknown): Payload {
  const name = quoteValue(key);
  const message = `${inInput ? 'input' : 'the record'} has the key ${name} more than once: give each key once`;
  const rejected = invalidEnvelope(message, key.length > FIELD_CHARACTERS ? undefined : key);
  return key === 'request_id' && !inInput ? rejected : { ...rejected, requestId };
}

function parseJson(text: string, data: Uint8Array): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!text.includes('NaN')) throw error;
    return JSON.parse(utf8.decode(nullForBareNaN(data)));
  }
}

function notJson(error: unknown): string {
  // The parser's message quotes the record, which holds personal data.
  return error instanceof SyntaxError ? 'the record is not JSON' : 'the record is not UTF-8';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalidEnvelope(message: string, field?: string): Payload {
  return { rejection: { code: 'invalid_envelope', message, ...(field === undefined ? {} : { field }) } };
}
