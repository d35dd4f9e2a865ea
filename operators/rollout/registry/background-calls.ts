import type { BackoffOptions } from '../../../services/shared/backoff.ts';

/** Reads that one MLflow server answers at a time. Writes have as many of their own. */
export const CALLS_TO_ONE_SERVER = 4;

/** Back-off after an error that no source should throw. */
export const QUEUE_BACKOFF: BackoffOptions = { baseMilliseconds: 1_000, maximumMilliseconds: 30_000 };
