import type { Rejection } from '../rejection.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** An application before its values are validated, or why it cannot be parsed. */
export type Payload =
  | { readonly features: JsonObject; readonly requestId: unknown; readonly rejection?: undefined }
  | { readonly rejection: Rejection; readonly requestId?: unknown };

const utf8 = new TextDecoder('utf-8', { fatal: true });

// Matches a string, which stays as it is, or a bare NaN.
const STRING_OR_NAN = /"(?:[^"\\]|\\.)*"|\bNaN\b/gs;

/**
 * Reads `{"input": {…}, "request_id": …}`.
 * @param flat true if the features alone are allowed, because the predecessor's web service takes them
 */
export function parsePayload(data: Uint8Array, maximumBytes: number, flat: boolean): Payload {
  if (data.length > maximumBytes) {
    const message = `the record has ${data.length} bytes: it must have at most ${maximumBytes}`;
    return { rejection: { code: 'too_large', message } };
  }
  let root: unknown;
  try {
    root = parseJson(utf8.decode(data));
  } catch (error) {
    return { rejection: { code: 'not_json', message: notJson(error) } };
  }
  if (!isObject(root)) return invalidEnvelope('the record must be a JSON object');
  const input = root.input;
  if (isObject(input)) return { features: input, requestId: root.request_id };
  if (flat && input === undefined) return { features: root, requestId: undefined };
  const message = input === undefined ? 'input is missing: it must be an object' : 'input must be an object';
  return { ...invalidEnvelope(message, 'input'), requestId: root.request_id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Python's json module writes a missing number as a bare NaN, which is not JSON.
    if (!text.includes('NaN')) throw error;
    return JSON.parse(text.replace(STRING_OR_NAN, (match) => (match === 'NaN' ? 'null' : match)));
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
  return { rejection: { code: 'invalid_envelope', message, ...(field ? { field } : {}) } };
}
