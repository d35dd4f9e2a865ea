import type { Checkpoint } from '../checkpoint.ts';
import type { HashRange } from '../client/stream-client.ts';

/** What the group knows of one shard. */
export interface ShardLease {
  readonly shardId: string;
  /** Shards that must be done before this one is read. */
  readonly parents: readonly string[];
  /** Undefined where it is not known. */
  readonly hashRange: HashRange | undefined;
  /** Member that reads the shard. */
  readonly owner: string | undefined;
  /** Member to which the owner is asked to give the shard. */
  readonly handOffTo: string | undefined;
  /**
   * Without an owner because its last one gave it up, or because it never had one: may be taken at once. Where a person
   * removed the owner, that one may still read for as long as its lease lasts.
   */
  readonly released: boolean;
  /** Grows by one with every change of owner. */
  readonly epoch: number;
  readonly checkpoint: Checkpoint;
  /** All that arrived before this time (milliseconds since the epoch) is done; 0 where unknown. */
  readonly doneThroughMilliseconds: number;
}

/** A lease as stored. */
export interface StoredLease extends ShardLease {
  /** Changes with every write. */
  readonly version: string;
  /** Changes with every sign of life of the owner; not where a member asks for the shard. */
  readonly renewal: string;
}

/** A running consumer. `version` changes with every sign of life. */
export interface Member {
  readonly name: string;
  /** Members of one rollout step share it. */
  readonly revision: string;
  /** Milliseconds since the epoch. */
  readonly joinedMilliseconds: number;
  readonly version: string;
}

export type NewMember = Omit<Member, 'version'>;
