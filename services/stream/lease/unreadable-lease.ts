/**
 * A Lease of the API server that cannot be read, because a person or another version left a value in it. No process
 * reads its shard until a person repairs the Lease.
 */
export interface UnreadableLease {
  /** Name of the Lease. */
  readonly name: string;
  /** Undefined if unknown. */
  readonly shardId: string | undefined;
  readonly version: string;
  /** Names the place, the value and the rule. */
  readonly problem: string;
  /** What a person has to do. */
  readonly repair: string;
}

export class UnreadableLeaseError extends Error {
  override readonly name = 'UnreadableLeaseError';
  readonly lease: UnreadableLease;

  constructor(lease: UnreadableLease) {
    super(lease.problem);
    this.lease = lease;
  }
}
