import type { Member, NewMember, ShardLease, StoredLease } from './shard-lease.ts';

/** The lease was written by somebody else, or deleted, since it was read. */
export class LeaseConflict extends Error {
  override readonly name = 'LeaseConflict';
}

/**
 * Shared memory of a consumer group. Writes are guarded: all but `create` succeed only on the version they
 * were given, so that one write can renew, checkpoint and fence. Other failures are worth a retry.
 */
export interface LeaseStore {
  /** Others may take what is not renewed. */
  readonly isShared: boolean;
  /** Resolves once `leases` and `members` show what is stored; they follow it from then on. */
  start(onChange: () => void, signal: AbortSignal): Promise<void>;
  /** Own writes are visible at once, others' after a moment. */
  leases(): readonly StoredLease[];
  members(): readonly Member[];
  /** The newest state, asked from the store itself; undefined where it does not exist. */
  read(shardId: string, signal: AbortSignal): Promise<StoredLease | undefined>;
  /** @throws LeaseConflict where there is one already */
  create(lease: ShardLease, signal: AbortSignal): Promise<StoredLease>;
  /**
   * What an owner writes, or who becomes it: a sign of life.
   * @throws LeaseConflict
   */
  replace(lease: StoredLease, signal: AbortSignal): Promise<StoredLease>;
  /**
   * Asks the owner to give the shard to `member`. A dead one must not look alive by it.
   * @throws LeaseConflict
   */
  requestHandOff(lease: StoredLease, member: string, signal: AbortSignal): Promise<StoredLease>;
  /** @throws LeaseConflict */
  remove(lease: StoredLease, signal: AbortSignal): Promise<void>;
  /** Makes the member known, or shows that it still lives. */
  announce(member: NewMember, signal: AbortSignal): Promise<void>;
  /**
   * The member is none any more. One that was read goes only where it has shown no life since.
   * @throws LeaseConflict
   */
  withdraw(member: NewMember | Member, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}
