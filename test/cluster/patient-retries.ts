import type { KinesisClientConfig } from '@aws-sdk/client-kinesis';

type RetryStrategy = Exclude<
  NonNullable<KinesisClientConfig['retryStrategy']>,
  (...args: never[]) => unknown
>;

const DELAY_MILLISECONDS = 250;
const ATTEMPTS = 480;

/**
 * Retries for two minutes, whatever broke the connection. The strategy of the SDK gives up after a few attempts. The
 * pod of the emulator, which the test deletes, needs some seconds to come back.
 */
export function patientRetries(): RetryStrategy {
  const token = (count: number) => ({
    getRetryCount: () => count,
    getRetryDelay: () => (count === 0 ? 0 : DELAY_MILLISECONDS),
  });
  return {
    acquireInitialRetryToken: async () => token(0),
    refreshRetryTokenForRetry: async (previous, { errorType, error }) => {
      const final = errorType === 'CLIENT_ERROR' || error?.name === 'AbortError';
      if (final || previous.getRetryCount() >= ATTEMPTS) throw new Error('no attempt is left');
      return token(previous.getRetryCount() + 1);
    },
    recordSuccess: () => {},
  } as RetryStrategy;
}
