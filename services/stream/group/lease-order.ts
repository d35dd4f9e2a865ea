import type { Shard } from '../client/stream-client.ts';
import type { ShardLease } from '../lease/shard-lease.ts';

/**
 * New leases in the order of their use. A shard is read only after its parents, so parents come first. Among shards that
 * can be read at the same time, open shards come first, because new records arrive there. The rest of the order is random:
 * every member makes leases, and members that begin with other leases seldom try the same lease.
 */
export function inOrderOfUse(
  create: readonly ShardLease[],
  shards: readonly Shard[],
  random: () => number = Math.random,
): ShardLease[] {
  const planned = new Map(create.map((lease) => [lease.shardId, lease]));
  const closed = new Set(shards.filter((shard) => shard.closed).map(({ shardId }) => shardId));
  const depths = new Map<string, number>();
  const depthOf = (lease: ShardLease): number => {
    const known = depths.get(lease.shardId);
    if (known !== undefined) return known;
    // Ends a circle, which only a broken list can hold.
    depths.set(lease.shardId, 0);
    const parents = lease.parents.flatMap((parent) => planned.get(parent) ?? []);
    const depth = Math.max(-1, ...parents.map(depthOf)) + 1;
    depths.set(lease.shardId, depth);
    return depth;
  };
  return create
    .map((lease) => ({
      lease,
      depth: depthOf(lease),
      isClosed: Number(closed.has(lease.shardId)),
      place: random(),
    }))
    .sort((a, b) => a.depth - b.depth || a.isClosed - b.isClosed || a.place - b.place)
    .map(({ lease }) => lease);
}
