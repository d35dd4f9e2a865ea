import { formatCheckpoint } from '../checkpoint.ts';
import { LeaseConflict } from './lease-store.ts';
import type { ShardLease } from './shard-lease.ts';

/**
 * What a person changes in a lease: where its shard is read on. `createdMilliseconds` must be the time of the edit. By it
 * the owner notices the edit, even if the checkpoint stays the same.
 */
export type LeaseEdit = Pick<
  ShardLease,
  'checkpoint' | 'doneThroughMilliseconds' | 'createdMilliseconds' | 'streamCreatedMilliseconds'
>;

/** What the person saw. Undefined: the shard had no lease. */
export type SeenBefore = Pick<ShardLease, 'epoch' | 'checkpoint' | 'createdMilliseconds'> | undefined;

/** The lease with the new position. What is known of the old position no longer counts. */
export function editLease<L extends ShardLease>(lease: L, edit: LeaseEdit): L {
  return { ...lease, ...edit, uncleanEnds: 0, trying: undefined };
}

/** The part of a lease that an edit sets. */
export function positionOf(lease: ShardLease): LeaseEdit {
  const { checkpoint, doneThroughMilliseconds, createdMilliseconds, streamCreatedMilliseconds } = lease;
  return { checkpoint, doneThroughMilliseconds, createdMilliseconds, streamCreatedMilliseconds };
}

/**
 * @param exact the edit holds only at the checkpoint that the person saw. Else the owner may have made progress meanwhile.
 * @throws LeaseConflict if the lease is not what the person saw
 */
export function assertAsSeen(
  shardId: string,
  lease: ShardLease | undefined,
  seen: SeenBefore,
  exact: boolean,
): void {
  if (lease === undefined && seen === undefined) return;
  if (lease === undefined) throw new LeaseConflict(`the lease of ${shardId} was removed meanwhile`);
  if (seen === undefined) throw new LeaseConflict(`${shardId} has a lease by now`);
  if (lease.epoch !== seen.epoch) throw new LeaseConflict(`${shardId} changed its owner meanwhile`);
  // No owner changes this time, but every edit does.
  if (lease.createdMilliseconds !== seen.createdMilliseconds)
    throw new LeaseConflict(`${shardId} was changed by another person meanwhile`);
  const position = formatCheckpoint(lease.checkpoint);
  const isSame = position === formatCheckpoint(seen.checkpoint);
  // An owner makes progress from record to record. That its shard ended meanwhile is another matter.
  const isProgress =
    !exact && (lease.checkpoint.kind === 'shard_end') === (seen.checkpoint.kind === 'shard_end');
  if (!isSame && !isProgress) throw new LeaseConflict(`${shardId} is at ${position} by now`);
}
