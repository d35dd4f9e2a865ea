/** Faults that the fake plays. A number is a share of the calls, from 0 to 1. */
export interface Faults {
  /** The fake cuts every connection before it does the call. */
  readonly down: boolean;
  /** The fake keeps to the limits of AWS for reads and writes of a shard. */
  readonly limits: boolean;
  /** Share of calls that are refused with ProvisionedThroughputExceededException. */
  readonly throttle: number;
  /** Share of the entries of PutRecords that fail, each by itself. */
  readonly failEntry: number;
  /** Share of calls whose connection is cut before the fake does the call. */
  readonly resetBefore: number;
  /** Share of calls that the fake does, and whose connection it cuts before the answer. */
  readonly resetAfter: number;
  readonly expireIterator: number;
  /** Share of pushed events in whose middle the connection is cut. */
  readonly resetSubscription: number;
  /** Share of answers and events that have no next position although the shard is open. */
  readonly losePosition: number;
  /** The last event of a shard names no children. */
  readonly hideChildren: boolean;
  /** Operations that are refused with AccessDeniedException. */
  readonly denied: readonly string[];
  /** Longest delay of an answer. */
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
  losePosition: 0,
  hideChildren: false,
  denied: [],
  delayMilliseconds: 0,
};
