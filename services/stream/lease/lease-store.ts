import type { LeaseChange } from './lease-change.ts';
import type { Member, NewMember, ShardLease, StoredLease } from './shard-lease.ts';
import type { StreamClaim } from './stream-claim.ts';
import type { UnreadableLease } from './unreadable-lease.ts';

/** Another process wrote or deleted the lease since it was read. */
export class LeaseConflict extends Error {
  override readonly name = 'LeaseConflict';
}

/** `renewal`: another process only showed that it lives. `news`: the group may have to act. */
export type LeaseNews = Exclude<LeaseChange, 'none'>;

/**
 * The shared memory of a consumer group. Every write except `create` succeeds only on the version that it was given. So
 * one write can renew, checkpoint and fence. A LeaseConflict means that the version is old. Any other failure is worth a
 * retry.
 */
export interface LeaseStore {
  /** True if other processes use the store, and so may take a lease that is not renewed. */
  readonly isShared: boolean;
  /**
   * Resolves once `leases` and `members` show what is stored. From then on they follow the store.
   * @param onChange called after every change but own renewals
   */
  start(onChange: (change: LeaseNews) => void, signal: AbortSignal): Promise<void>;
  /**
   * Notes the account of the stream, if no process did. Call this before the leases are used.
   * @throws Error if the leases are of another account's stream, and if that cannot be ruled out
   */
  claim(claim: StreamClaim, signal: AbortSignal): Promise<void>;
  /** Own writes are visible at once, writes of other processes after a moment. */
  leases(): readonly StoredLease[];
  /** Leases that are there and that are not among `leases`, because they cannot be read. */
  unreadable(): readonly UnreadableLease[];
  /** True if the shard has a lease that cannot be read. */
  isUnreadable(shardId: string): boolean;
  members(): readonly Member[];
  /**
   * The newest state, read from the store itself. Undefined if the lease does not exist.
   * @throws UnreadableLeaseError. The lease is then among `unreadable`.
   */
  read(shardId: string, signal: AbortSignal): Promise<StoredLease | undefined>;
  /** @throws LeaseConflict if the lease exists already */
  create(lease: ShardLease, signal: AbortSignal): Promise<StoredLease>;
  /**
   * Writes as the owner, or to become the owner. This counts as a sign of life.
   * @throws LeaseConflict
   */
  replace(lease: StoredLease, signal: AbortSignal): Promise<StoredLease>;
  /**
   * Asks the owner to give the shard to `member`. This must not count as a sign of life of the owner.
   * @throws LeaseConflict
   */
  requestHandOff(lease: StoredLease, member: string, signal: AbortSignal): Promise<StoredLease>;
  /** @throws LeaseConflict */
  remove(lease: StoredLease, signal: AbortSignal): Promise<void>;
  /** Makes the member known, or shows that the member still lives. */
  announce(member: NewMember, signal: AbortSignal): Promise<void>;
  /**
   * Removes the member. A member that was read from the store is removed only if it showed no sign of life since.
   * @throws LeaseConflict
   */
  withdraw(member: NewMember | Member, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}
