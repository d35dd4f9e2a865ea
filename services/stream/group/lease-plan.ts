import type { Checkpoint } from '../checkpoint.ts';
import type { Shard } from '../client/stream-client.ts';
import { type ShardLease, type StoredLease, unreadLease } from '../lease/shard-lease.ts';
import { doneThroughWithParents } from '../lease/unread-since.ts';
import type { StreamFacts } from './lease-repair.ts';
import { isDone } from './reading-order.ts';

/**
 * The first epoch of a lease is the number of seconds since this moment. Epochs must grow even if a person deletes a lease
 * and a member that never saw it creates it again. They do, because a shard changes its owner less than once a second: even
 * processes that share a name by mistake pause before they take a shard back (`ShardPauses`).
 */
const FIRST_EPOCH_MILLISECONDS = Date.UTC(2025, 0, 1);

export type StartPosition =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly atMilliseconds: number };

export interface LeasePlan {
  readonly create: readonly ShardLease[];
  /** Leases of shards that are done and no longer in the stream. */
  readonly remove: readonly StoredLease[];
  /** Leases of shards that left the stream before they were done. Their records are deleted. */
  readonly vanished: readonly StoredLease[];
}

/**
 * Which leases to create and to remove, given the shards that the stream has now.
 * @param isUnreadable true if the shard has a lease that cannot be read, and that is therefore not in `leases`
 */
export function planLeases(
  shards: readonly Shard[],
  leases: readonly StoredLease[],
  start: StartPosition,
  facts: StreamFacts,
  isUnreadable: (shardId: string) => boolean = () => false,
): LeasePlan {
  const begun = groupStart(leases, facts.nowMilliseconds);
  const known = new Map<string, ShardLease>(leases.map((lease) => [lease.shardId, lease]));
  const listed = new Set(shards.map((shard) => shard.shardId));
  const create: ShardLease[] = [];
  // Parents come before children, because children have greater numbers. Two reshards may have happened since the last look.
  const unleased = shards.filter((shard) => !known.has(shard.shardId)).sort(byShardId);
  const withheld = new Set<string>();
  for (const shard of unleased) {
    // The start of a child follows from the lease of its parent. It waits until that lease can be read.
    const waits = shard.parents.some((parent) => withheld.has(parent) || isUnreadable(parent));
    if (waits || isUnreadable(shard.shardId)) {
      withheld.add(shard.shardId);
      continue;
    }
    const parents = shard.parents.flatMap((parent) => known.get(parent) ?? []);
    const isChild = parents.length > 0;
    const checkpoint = isChild ? childCheckpoint(start) : firstCheckpoint(shard, start, begun);
    if (checkpoint === undefined) continue;
    const lease = withHistory(newLease(shard, checkpoint, facts), parents, begun);
    known.set(shard.shardId, lease);
    create.push(lease);
  }
  const gone = leases.filter((lease) => !listed.has(lease.shardId));
  return { create, remove: gone.filter(isDone), vanished: gone.filter((lease) => !isDone(lease)) };
}

function byShardId(a: Shard, b: Shard): number {
  return a.shardId < b.shardId ? -1 : 1;
}

/** A child starts at its oldest record, because all its records arrived after its parent was closed. */
function childCheckpoint(start: StartPosition): Checkpoint {
  return start.type === 'AT_TIMESTAMP'
    ? { kind: 'timestamp', atMilliseconds: start.atMilliseconds }
    : { kind: 'trim_horizon' };
}

/** When the group made its first lease. A shard that gets its lease later, after a failure or a long pause, starts there. */
function groupStart(leases: readonly ShardLease[], nowMilliseconds: number): number {
  const times = leases.map((lease) => lease.createdMilliseconds).filter((time) => time > 0);
  return Math.min(nowMilliseconds, ...times);
}

function firstCheckpoint(
  shard: Shard,
  start: StartPosition,
  begunMilliseconds: number,
): Checkpoint | undefined {
  if (start.type === 'TRIM_HORIZON') return { kind: 'trim_horizon' };
  if (start.type === 'AT_TIMESTAMP') return { kind: 'timestamp', atMilliseconds: start.atMilliseconds };
  // LATEST becomes a fixed time here. If the owner dies before its first checkpoint, the start must not move.
  return shard.closed ? undefined : { kind: 'timestamp', atMilliseconds: begunMilliseconds };
}

function newLease(
  shard: Shard,
  checkpoint: Checkpoint,
  { nowMilliseconds, streamCreatedMilliseconds }: StreamFacts,
): ShardLease {
  const epoch = Math.floor((nowMilliseconds - FIRST_EPOCH_MILLISECONDS) / 1000);
  return {
    ...unreadLease({ ...shard, epoch, checkpoint }),
    createdMilliseconds: nowMilliseconds,
    streamCreatedMilliseconds,
  };
}

/** A child goes on with what its parents had read. The line began when the first of them got a lease, or the group. */
function withHistory(
  lease: ShardLease,
  parents: readonly ShardLease[],
  begunMilliseconds: number,
): ShardLease {
  const known = parents.map((parent) => parent.createdMilliseconds).filter((time) => time > 0);
  const begins = parents.length > 0 ? known : [begunMilliseconds];
  return {
    ...lease,
    createdMilliseconds: Math.min(lease.createdMilliseconds, ...begins),
    doneThroughMilliseconds: doneThroughWithParents(lease, parents),
  };
}
