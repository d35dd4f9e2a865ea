import type { Checkpoint } from '../checkpoint.ts';
import type { Shard } from '../client/stream-client.ts';
import type { ShardLease, StoredLease } from '../lease/shard-lease.ts';

/**
 * Epochs begin with the seconds since this moment: where a lease is deleted by hand and made anew, by a member that
 * never saw it, they must go on growing, and a shard changes its owner less than once a second.
 */
const FIRST_EPOCH_MILLISECONDS = Date.UTC(2025, 0, 1);

export type StartPosition =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly atMilliseconds: number };

export interface ShardSync {
  readonly create: readonly ShardLease[];
  /** Done, and no longer in the stream. */
  readonly remove: readonly StoredLease[];
  /** Not done, and no longer in the stream: its records are deleted. */
  readonly vanished: readonly StoredLease[];
}

/** What has to change in the leases, given the shards that the stream has now. */
export function syncShards(
  shards: readonly Shard[],
  leases: readonly StoredLease[],
  start: StartPosition,
  nowMilliseconds: number,
): ShardSync {
  const leased = new Set(leases.map((lease) => lease.shardId));
  const listed = new Set(shards.map((shard) => shard.shardId));
  const create = shards
    .filter((shard) => !leased.has(shard.shardId))
    .flatMap((shard) => {
      const isChild = shard.parents.some((parent) => leased.has(parent));
      const checkpoint = isChild ? childCheckpoint(start) : firstCheckpoint(shard, start, nowMilliseconds);
      return checkpoint ? [newLease(shard, checkpoint, nowMilliseconds)] : [];
    });
  const gone = leases.filter((lease) => !listed.has(lease.shardId));
  const isDone = (lease: StoredLease) => lease.checkpoint.kind === 'shard_end';
  return { create, remove: gone.filter(isDone), vanished: gone.filter((lease) => !isDone(lease)) };
}

/** Shards that may be read now: not done, and every parent that has a lease is. */
export function readableLeases(leases: readonly StoredLease[]): StoredLease[] {
  const unfinished = new Set(
    leases.filter((lease) => lease.checkpoint.kind !== 'shard_end').map((lease) => lease.shardId),
  );
  return leases.filter(
    (lease) => unfinished.has(lease.shardId) && !lease.parents.some((parent) => unfinished.has(parent)),
  );
}

/** All of a child arrived after its parent was closed. */
function childCheckpoint(start: StartPosition): Checkpoint {
  return start.type === 'AT_TIMESTAMP'
    ? { kind: 'timestamp', atMilliseconds: start.atMilliseconds }
    : { kind: 'trim_horizon' };
}

function firstCheckpoint(
  shard: Shard,
  start: StartPosition,
  nowMilliseconds: number,
): Checkpoint | undefined {
  if (start.type === 'TRIM_HORIZON') return { kind: 'trim_horizon' };
  if (start.type === 'AT_TIMESTAMP') return { kind: 'timestamp', atMilliseconds: start.atMilliseconds };
  // LATEST is fixed to a time here: an owner that dies before its first checkpoint must not move it.
  return shard.closed ? undefined : { kind: 'timestamp', atMilliseconds: nowMilliseconds };
}

function newLease(shard: Shard, checkpoint: Checkpoint, nowMilliseconds: number): ShardLease {
  const { shardId, parents, hashRange } = shard;
  return {
    shardId,
    parents,
    hashRange,
    owner: undefined,
    handOffTo: undefined,
    released: true,
    epoch: Math.floor((nowMilliseconds - FIRST_EPOCH_MILLISECONDS) / 1000),
    checkpoint,
    doneThroughMilliseconds: 0,
  };
}
