import type { Clock } from './clock.ts';

export interface BackoffOptions {
  /** Upper limit of the first delay. */
  readonly baseMilliseconds: number;
  /** Upper limit of every delay. */
  readonly maximumMilliseconds: number;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * Full-jitter exponential back-off: attempt n waits a uniform time in [0, min(maximum, base * 2^n)).
 * Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function backoffMilliseconds(attempt: number, options: BackoffOptions): number {
  const ceiling = Math.min(options.maximumMilliseconds, options.baseMilliseconds * 2 ** attempt);
  return (options.random ?? Math.random)() * ceiling;
}

export interface RetryOptions extends BackoffOptions {
  readonly clock: Clock;
  /** Stops the retries; the returned promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called before each wait. */
  readonly onRetry?: (error: unknown, attempt: number, delayMilliseconds: number) => void;
  /** True if a retry may succeed. @default true for every error */
  readonly isRetryable?: (error: unknown) => boolean;
}

/** Calls `operation` until it succeeds, an error is not retryable, or `signal` aborts. */
export async function retry<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      if (options.signal?.aborted || options.isRetryable?.(error) === false) throw error;
      const delayMilliseconds = backoffMilliseconds(attempt, options);
      options.onRetry?.(error, attempt, delayMilliseconds);
      await options.clock.sleep(delayMilliseconds, options.signal);
    }
  }
}
