import type { ShardLease } from './shard-lease.ts';

/** The facts of a lease that say what was read. */
type ReadState = Pick<ShardLease, 'checkpoint' | 'doneThroughMilliseconds' | 'createdMilliseconds'>;

/**
 * Records of the shard that arrived after this time (milliseconds since the epoch) may be unread. 0 if unknown.
 *
 * A shard from which no record was read has no sequence number, but it has a time. What the stream had deleted before the
 * lease was made, or before the start that a person asked for, was never ours to read.
 */
export function unreadSince({ checkpoint, doneThroughMilliseconds, createdMilliseconds }: ReadState): number {
  if (checkpoint.kind === 'record') return doneThroughMilliseconds;
  const startMilliseconds = checkpoint.kind === 'timestamp' ? checkpoint.atMilliseconds : 0;
  return Math.max(startMilliseconds, doneThroughMilliseconds, createdMilliseconds);
}

/**
 * The time through which a shard is done, given the leases of its parents. Its first record arrived after its parents were
 * closed, so it is done through the last time at which a parent was seen open.
 */
export function doneThroughWithParents(lease: ShardLease, leases: readonly ShardLease[]): number {
  if (lease.checkpoint.kind === 'record') return lease.doneThroughMilliseconds;
  const parents = leases.filter(({ shardId }) => lease.parents.includes(shardId));
  return Math.max(lease.doneThroughMilliseconds, ...parents.map((it) => it.doneThroughMilliseconds));
}
