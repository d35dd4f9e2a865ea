/** What goes wrong. Ratios are of calls, from 0 to 1. */
export interface Faults {
  /** Every connection is cut before its call is done. */
  readonly down: boolean;
  /** The real limits of reads and writes, by shard. */
  readonly limits: boolean;
  /** Refused with ProvisionedThroughputExceededException as a whole. */
  readonly throttle: number;
  /** Of the entries of PutRecords, each by itself. */
  readonly failEntry: number;
  /** The connection is cut before the call is done. */
  readonly resetBefore: number;
  /** The call is done, and the connection is cut before its answer. */
  readonly resetAfter: number;
  readonly expireIterator: number;
  /** The connection is cut in the middle of a pushed event; of events. */
  readonly resetSubscription: number;
  /** The last event of a shard names no children. */
  readonly hideChildren: boolean;
  /** Operations that are refused with AccessDeniedException. */
  readonly denied: readonly string[];
  /** Answers wait up to this long. */
  readonly delayMilliseconds: number;
}

export const NO_FAULTS: Faults = {
  down: false,
  limits: false,
  throttle: 0,
  failEntry: 0,
  resetBefore: 0,
  resetAfter: 0,
  expireIterator: 0,
  resetSubscription: 0,
  hideChildren: false,
  denied: [],
  delayMilliseconds: 0,
};
