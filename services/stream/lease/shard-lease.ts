import type { Checkpoint } from '../checkpoint.ts';
import type { HashRange } from '../client/stream-client.ts';

/** The state of one shard that the group shares. */
export interface ShardLease {
  readonly shardId: string;
  /** Shards that must be done before this one is read. */
  readonly parents: readonly string[];
  /** Undefined if unknown. */
  readonly hashRange: HashRange | undefined;
  /** Name of the member that reads the shard. */
  readonly owner: string | undefined;
  /** Name of the member to which the owner is asked to give the shard. */
  readonly handOffTo: string | undefined;
  /**
   * True if the last owner gave the shard up, to anybody or to `owner`, or if the shard never had an owner. False while an
   * owner reads the shard, and for as long as nobody has taken it from an owner that crashed. Also false if a person
   * removed the owner, because that process may still read until its lease expires.
   */
  readonly released: boolean;
  /** Grows by one with every change of owner. */
  readonly epoch: number;
  readonly checkpoint: Checkpoint;
  /** All records that arrived before this time (milliseconds since the epoch) are done. 0 if unknown. */
  readonly doneThroughMilliseconds: number;
  /** When the lease was made, or that of its oldest parent, in milliseconds since the epoch. 0 if unknown. */
  readonly createdMilliseconds: number;
  /** When the stream was made that holds the checkpoint, in milliseconds since the epoch. 0 if unknown. */
  readonly streamCreatedMilliseconds: number;
  /** How often in a row an owner stopped without giving the shard up, and without progress. */
  readonly uncleanEnds: number;
  /**
   * What the owner has in hand, while `uncleanEnds` makes it read with care: `<sequence number>:<sub-sequence number>` for
   * one record, with `+<number>` if more follow, and `<sequence number>` for a record that is not opened yet.
   */
  readonly trying: string | undefined;
  /** Data that is read from the shard. 0 if unknown. */
  readonly bytesPerSecond: number;
}

/** The lease of a shard that nobody has read. */
export function unreadLease(
  shard: Pick<ShardLease, 'shardId' | 'parents' | 'hashRange' | 'epoch' | 'checkpoint'>,
): ShardLease {
  const { shardId, parents, hashRange, epoch, checkpoint } = shard;
  return {
    shardId,
    parents,
    hashRange,
    owner: undefined,
    handOffTo: undefined,
    released: true,
    epoch,
    checkpoint,
    doneThroughMilliseconds: 0,
    createdMilliseconds: 0,
    streamCreatedMilliseconds: 0,
    uncleanEnds: 0,
    trying: undefined,
    bytesPerSecond: 0,
  };
}

/** A lease as stored. */
export interface StoredLease extends ShardLease {
  /** Changes with every write. */
  readonly version: string;
  /** Changes with every sign of life of the owner. It stays when another member asks for the shard. */
  readonly renewal: string;
}

/** A process of the consumer group. `version` changes with every sign of life. */
export interface Member {
  readonly name: string;
  /** Pods of one ReplicaSet share a revision. */
  readonly revision: string;
  /** Milliseconds since the epoch. */
  readonly joinedMilliseconds: number;
  /** True if a person asked the member to give up its shards and to take none. @default false */
  readonly draining?: boolean;
  readonly version: string;
}

export type NewMember = Omit<Member, 'version'>;
