/**
 * `expired_iterator`: get another one. `throttled`: slow down. `not_found`: no such stream or shard.
 * `in_use`: it exists already, or somebody else holds it. `invalid`: the request is wrong and stays wrong.
 * `unsupported`: the endpoint has no such operation. `denied`: credentials. `unavailable`: all else, worth a retry.
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
};

/** A call to Kinesis failed. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly kind: StreamErrorKind;

  constructor(kind: StreamErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }

  /** From the error's name as Kinesis or the SDK gives it. */
  static named(call: string, name: string, message: string, cause?: unknown): StreamError {
    return new StreamError(KINDS[name] ?? 'unavailable', `${call}: ${name}: ${message}`, cause);
  }
}

export function isStreamError(error: unknown, kind: StreamErrorKind): error is StreamError {
  return error instanceof StreamError && error.kind === kind;
}
