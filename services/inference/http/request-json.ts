import { hasMoreParts } from '../decision/decode/json-text.ts';

/**
 * Texts, objects and arrays that a body with many rows may have. `JSON.parse` needs up to 1 µs for each of them, and
 * 8 MiB could hold 4 million.
 */
const PARTS_LIMIT = 400_000;

/** A body as JSON, or a sentence that says why the body is refused. */
type RequestJson =
  | { readonly json: unknown; readonly refusal?: undefined }
  | { readonly refusal: string; readonly json?: undefined };

/** Parses a body in time proportional to its bytes. `what` names the body in the refusal. */
export function parseRequestJson(body: Uint8Array, what: string): RequestJson {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (hasMoreParts(text, PARTS_LIMIT)) {
      return {
        refusal: `${what} has more than ${PARTS_LIMIT} texts, objects and arrays: send less at a time`,
      };
    }
    return { json: JSON.parse(text) };
  } catch {
    return { refusal: `${what} is not JSON` };
  }
}
