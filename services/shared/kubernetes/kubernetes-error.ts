import type { Status, StatusCause } from './objects.ts';

/** The API server refused a call, or gave no answer. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  /** HTTP status. 0 if there was no answer. */
  readonly status: number;
  /** `Status.reason`, for example `NotFound`, `Conflict` or `Expired`. `Unreachable` if there was no answer. */
  readonly reason: string;
  /** What the server said, or why there was no answer, without the call. A text of others. */
  readonly detail: string;
  /** How long the server asks clients to wait. */
  readonly retryAfterMilliseconds: number | undefined;
  /** The fields that the API server refused. */
  readonly causes: readonly StatusCause[];

  constructor(
    message: string,
    details: {
      status: number;
      reason: string;
      /** @default the message */
      detail?: string | undefined;
      retryAfterMilliseconds?: number | undefined;
      causes?: readonly StatusCause[] | undefined;
      cause?: unknown;
    },
  ) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.reason = details.reason;
    this.detail = details.detail ?? message;
    this.retryAfterMilliseconds = details.retryAfterMilliseconds;
    this.causes = details.causes ?? [];
  }

  static ofStatus(call: string, code: number, status: Status, retryAfter?: string): KubernetesError {
    const seconds = status.details?.retryAfterSeconds ?? Number(retryAfter);
    const detail = status.message ?? status.reason ?? 'no reason given';
    return new KubernetesError(`${call} answered ${code}: ${detail}`, {
      status: code,
      reason: status.reason ?? 'Unknown',
      detail,
      retryAfterMilliseconds: Number.isFinite(seconds) ? seconds * 1000 : undefined,
      causes: status.details?.causes,
    });
  }
}

/** Whether the API server answered with this reason, for example `NotFound`. */
export function hasReason(error: unknown, reason: string): error is KubernetesError {
  return error instanceof KubernetesError && error.reason === reason;
}
