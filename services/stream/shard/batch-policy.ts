export interface BatchPolicy {
  /** Further tries after the first; -1: no limit. */
  readonly maximumRetries: number;
  /** Undefined: no limit. */
  readonly maximumAgeMilliseconds: number | undefined;
  readonly bisect: boolean;
}

export interface FailedBatch {
  readonly records: number;
  /** Tries so far, all of which failed. */
  readonly tries: number;
}

/** What to do with a batch on which the processor failed. */
export function afterFailure(batch: FailedBatch, policy: BatchPolicy): 'bisect' | 'retry' | 'give_up' {
  // As on Lambda, splitting does not count as a retry: each half begins anew.
  if (policy.bisect && batch.records > 1) return 'bisect';
  if (policy.maximumRetries >= 0 && batch.tries > policy.maximumRetries) return 'give_up';
  return 'retry';
}

export function isTooOld(arrivalMilliseconds: number, nowMilliseconds: number, policy: BatchPolicy): boolean {
  const { maximumAgeMilliseconds } = policy;
  return (
    maximumAgeMilliseconds !== undefined && nowMilliseconds - arrivalMilliseconds > maximumAgeMilliseconds
  );
}
