/**
 * Why a record became a dead letter: `error.code` of a dead letter and of an HTTP error, label `code` of the metric.
 * A client may branch on a code, so a code never changes its meaning.
 */
export const REJECTION_CODES = {
  not_json: 'The record is not JSON in UTF-8.',
  invalid_envelope:
    'The record has no `input` object, a key twice, too many parts, or an unusable `request_id`.',
  missing_field: 'A required field is missing.',
  wrong_type: 'The value of a field has the wrong type.',
  unknown_category: 'The value of a field is not among its allowed values.',
  out_of_range: 'The value of a field is outside its range, or is none of its levels.',
  too_large: 'The record exceeds `MAX_RECORD_BYTES`.',
  invalid_aggregate: 'The KPL aggregate exceeds a limit. None of its records is decided.',
  foreign_part:
    'The key of the record belongs to another shard than its KPL aggregate. Only with `FOREIGN_PARTS=reject`.',
  record_expired: 'The record was older than `MAX_RECORD_AGE_SECONDS`.',
  retries_exhausted: 'Scoring failed on the record after `MAX_RETRIES` retries.',
  poison:
    'Processing the record ended its process or held it until the lease expired, `POISON_ATTEMPTS` times.',
  skipped: 'A person skipped the record with `make stream`.',
} as const satisfies Readonly<Record<string, string>>;

export type RejectionCode = keyof typeof REJECTION_CODES;
