/**
 * `expired_iterator`: the caller needs another iterator. `throttled`: the caller must slow down. `not_found`: there is no
 * such stream, shard or consumer. `in_use`: the object exists already, or another process holds it. `invalid`: the request
 * is wrong, and a retry does not help. `unsupported`: the endpoint has no such operation. `denied`: the credentials are
 * missing, wrong or not allowed to do this, or the key of the stream cannot be used. `unavailable`: everything else, and a
 * retry may help.
 */
export type StreamErrorKind =
  | 'expired_iterator'
  | 'throttled'
  | 'not_found'
  | 'in_use'
  | 'invalid'
  | 'unsupported'
  | 'denied'
  | 'unavailable';

const KINDS: Readonly<Record<string, StreamErrorKind>> = {
  ExpiredIteratorException: 'expired_iterator',
  ProvisionedThroughputExceededException: 'throttled',
  LimitExceededException: 'throttled',
  KMSThrottlingException: 'throttled',
  ThrottlingException: 'throttled',
  ResourceNotFoundException: 'not_found',
  ResourceInUseException: 'in_use',
  InvalidArgumentException: 'invalid',
  ValidationException: 'invalid',
  SerializationException: 'invalid',
  UnknownOperationException: 'unsupported',
  AccessDeniedException: 'denied',
  UnrecognizedClientException: 'denied',
  InvalidSignatureException: 'denied',
  ExpiredTokenException: 'denied',
  MissingAuthenticationTokenException: 'denied',
  CredentialsProviderError: 'denied',
  KMSAccessDeniedException: 'denied',
  KMSDisabledException: 'denied',
  KMSInvalidStateException: 'denied',
  KMSNotFoundException: 'denied',
  KMSOptInRequired: 'denied',
};

/** A call to Kinesis failed. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly kind: StreamErrorKind;
  /** Name of the error in the API, or the kind if the API has no such name. So it can be the label of a metric. */
  readonly reason: string;

  constructor(kind: StreamErrorKind, message: string, cause?: unknown, reason: string = kind) {
    super(message, { cause });
    this.kind = kind;
    this.reason = reason;
  }

  /** Makes an error from the name that Kinesis or the SDK gave it. */
  static named(call: string, name: string, message: string, cause?: unknown): StreamError {
    const kind = KINDS[name];
    const text = `${call}: ${name}: ${message}`;
    return kind === undefined
      ? new StreamError('unavailable', text, cause)
      : new StreamError(kind, text, cause, name);
  }
}

export function isStreamError(error: unknown, kind: StreamErrorKind): error is StreamError {
  return error instanceof StreamError && error.kind === kind;
}
