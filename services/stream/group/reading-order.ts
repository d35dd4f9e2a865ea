import type { ShardLease } from '../lease/shard-lease.ts';

type Family = Pick<ShardLease, 'shardId' | 'parents'>;

export function isDone({ checkpoint }: Pick<ShardLease, 'checkpoint'>): boolean {
  return checkpoint.kind === 'shard_end';
}

/**
 * Leases of shards that may be read now: the shard is not done, and every ancestor is done or will never be read. A parent
 * without a lease is not enough. Another member may just have created that lease, or a person may have deleted it.
 *
 * All ancestors count, not only the parents: a person may have the parent of a done parent read again.
 * @param awaitsLease true if a shard without a lease will get a lease
 */
export function readableLeases<T extends ShardLease>(
  leases: readonly T[],
  awaitsLease: (shardId: string) => boolean,
): T[] {
  const isOver = overTest(leases, awaitsLease);
  return leases.filter((lease) => !isDone(lease) && lease.parents.every(isOver));
}

/**
 * Leases of shards that must not be read now, because the lease of an ancestor says that this ancestor is not done. Their
 * owners give them up. An ancestor without a lease is no reason to stop: its lease may have been deleted a moment ago.
 */
export function leasesToStop<T extends ShardLease>(leases: readonly T[]): T[] {
  const isOver = overTest(leases, () => false);
  return leases.filter((lease) => !isDone(lease) && !lease.parents.every(isOver));
}

/** Ids of all shards from which the keys of `shards` came. */
export function ancestorsOf(shards: readonly Family[], leases: readonly Family[]): Set<string> {
  const found = new Set<string>();
  if (shards.length === 0) return found;
  const parentsOf = new Map(leases.map(({ shardId, parents }) => [shardId, parents]));
  const open = shards.flatMap(({ parents }) => parents);
  for (let shardId = open.pop(); shardId !== undefined; shardId = open.pop()) {
    if (found.has(shardId)) continue;
    found.add(shardId);
    open.push(...(parentsOf.get(shardId) ?? []));
  }
  return found;
}

/** Returns a test for shards: true if the shard and all its ancestors are done or will never be read. */
function overTest(
  leases: readonly ShardLease[],
  awaitsLease: (shardId: string) => boolean,
): (shardId: string) => boolean {
  const byId = new Map(leases.map((lease) => [lease.shardId, lease]));
  const known = new Map<string, boolean>();
  const isOver = (shardId: string): boolean => {
    const before = known.get(shardId);
    if (before !== undefined) return before;
    // Only annotations that a person edited can make a circle. It must not run for ever.
    known.set(shardId, true);
    const lease = byId.get(shardId);
    const over = lease === undefined ? !awaitsLease(shardId) : isDone(lease) && lease.parents.every(isOver);
    known.set(shardId, over);
    return over;
  };
  return isOver;
}
