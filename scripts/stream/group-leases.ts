import type { SeenBefore } from '../../services/stream/lease/lease-edit.ts';
import type { Member, ShardLease, StoredLease } from '../../services/stream/lease/shard-lease.ts';

/** A lease as a person sees it. */
export interface SeenLease extends StoredLease {
  /** True if its owner lives, as far as this machine can tell. */
  readonly isLive: boolean;
}

/** What a consumer group has stored, at one moment. */
export interface GroupState {
  /** Account of the stream that the group reads. Undefined if the group has not started with this version. */
  readonly account: string | undefined;
  readonly leases: readonly SeenLease[];
  readonly members: readonly Member[];
  /** Path of the lease file, if there is none. */
  readonly absentFile?: string | undefined;
}

export interface LeaseChange {
  readonly seen: SeenBefore;
  /** True if the change holds only at the checkpoint that was seen. */
  readonly exact: boolean;
  /** The lease to make, or the lease with the new position. */
  readonly lease: ShardLease;
}

/**
 * `made`: the group goes on from there. `waiting`: no process uses the lease file; the next process makes the change.
 * `unanswered`: the process that uses the lease file did not answer in time; it makes the change later.
 */
export type ChangeResult = 'made' | 'waiting' | 'unanswered';

/** The leases of one consumer group, for a person's look and a person's changes. */
export interface GroupLeases {
  /** Says where the leases are, e.g. `leases in namespace loan-eligibility`. */
  readonly place: string;
  state(): Promise<GroupState>;
  /** @throws LeaseConflict if the lease is not what the person saw */
  change(change: LeaseChange): Promise<ChangeResult>;
  /** @throws Refusal if no member of this group can ever give a shard to another member */
  assertCanDrain(): Promise<void>;
  /** @throws LeaseConflict; Refusal as above */
  requestHandOff(lease: SeenLease, member: string): Promise<void>;
  /** Asks a member to give up its shards and to take none, or no longer asks it. @throws Refusal as above */
  drain(member: string, draining: boolean): Promise<void>;
  close(): Promise<void>;
}
