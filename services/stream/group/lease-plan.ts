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

export interface LeasePlan {
  readonly create: readonly ShardLease[];
  /** Done, and no longer in the stream. */
  readonly remove: readonly StoredLease[];
  /** Not done, and no longer in the stream: its records are deleted. */
  readonly vanished: readonly StoredLease[];
}

/** What has to change in the leases, given the shards that the stream has now. */
export function planLeases(
  shards: readonly Shard[],
  leases: readonly StoredLease[],
  start: StartPosition,
  nowMilliseconds: number,
): LeasePlan {
  const leased = new Set(leases.map((lease) => lease.shardId));
  const listed = new Set(shards.map((shard) => shard.shardId));
  const create: ShardLease[] = [];
  // Parents before their children, which carry greater numbers: a stream may have been resharded twice since the last look.
  const unleased = shards.filter((shard) => !leased.has(shard.shardId)).sort(byShardId);
  for (const shard of unleased) {
    const isChild = shard.parents.some((parent) => leased.has(parent));
    const checkpoint = isChild ? childCheckpoint(start) : firstCheckpoint(shard, start, nowMilliseconds);
    if (checkpoint === undefined) continue;
    create.push(newLease(shard, checkpoint, nowMilliseconds));
    leased.add(shard.shardId);
  }
  const gone = leases.filter((lease) => !listed.has(lease.shardId));
  return { create, remove: gone.filter(isDone), vanished: gone.filter((lease) => !isDone(lease)) };
}

/**
 * Shards that may be read now: not done, and every parent is, or was never to be read. That a parent has no lease here
 * does not say so: it may have been made by another member and be on its way, or a person may have deleted it.
 * @param awaitsLease whether a shard without a lease is to get one
 */
export function readableLeases(
  leases: readonly StoredLease[],
  awaitsLease: (shardId: string) => boolean,
): StoredLease[] {
  const done = new Map(leases.map((lease) => [lease.shardId, isDone(lease)]));
  const isOver = (shardId: string) => done.get(shardId) ?? !awaitsLease(shardId);
  return leases.filter((lease) => !isDone(lease) && lease.parents.every(isOver));
}

function isDone({ checkpoint }: ShardLease): boolean {
  return checkpoint.kind === 'shard_end';
}

function byShardId(a: Shard, b: Shard): number {
  return a.shardId < b.shardId ? -1 : 1;
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
