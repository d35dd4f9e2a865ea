/** Why a request gets no answer of its operation. */
export interface Refusal {
  readonly status: number;
  /** For programs. A code never changes its meaning. */
  readonly code: string;
  /** Field of the application that breaks a rule. */
  readonly field?: string | undefined;
  /** One sentence that names value and rule. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What express and its body parser throw about a request that they cannot read. */
interface RequestError {
  readonly status?: unknown;
  readonly type?: unknown;
  readonly limit?: unknown;
  readonly message?: unknown;
}

/** The refusal of a request that cannot be read. Undefined if the error is not the client's. */
export function requestRefusal(error: unknown): Refusal | undefined {
  const { status, type, limit, message } = (error ?? {}) as RequestError;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  if (type === 'entity.too.large') {
    return { status, code: 'too_large', message: `the body has more than ${limit} bytes` };
  }
  const code = status === 415 ? 'unsupported_media_type' : 'bad_request';
  return { status, code, message: String(message) };
}
