import type { Rejection } from '../rejection.ts';
import { quoteValue } from './field-decoder.ts';

/** Longest partition key of Kinesis, in characters. The request id becomes the partition key of the decision. */
export const REQUEST_ID_CHARACTERS = 256;

/** The request id of a parsed record: empty if the record has none. */
export function readRequestId(value: unknown): string | Rejection {
  if (value === undefined || value === null) return '';
  // JSON.parse rounds whole numbers above 2^53, so such an id would not be the id that was sent.
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && value.length <= REQUEST_ID_CHARACTERS && value.isWellFormed())
    return value;
  return {
    code: 'invalid_envelope',
    field: 'request_id',
    message: `request_id is ${quoteValue(value)}: it must be a text of at most ${REQUEST_ID_CHARACTERS} characters or a whole number below 2^53`,
  };
}
