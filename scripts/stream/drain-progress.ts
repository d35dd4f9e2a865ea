import { namedShards } from './shard-name.ts';
import type { ShardState, ShardView } from './shard-view.ts';

/** A drain of some shards of one member. */
export interface Drain {
  readonly member: string;
  readonly shardIds: ReadonlySet<string>;
}

/** Says which shards the member still has. Undefined if it has given up all of them. */
export function keptText({ member, shardIds }: Drain, views: readonly ShardView[]): string | undefined {
  const kept = ownedBy(views, member).filter((shardId) => shardIds.has(shardId));
  return kept.length === 0 ? undefined : `${member} has not given up ${namedShards(kept)}`;
}

/**
 * Says which shards nobody has taken. Undefined if each has a new owner. A member that is given a shard may be dead, so
 * only the write by which it takes the shard counts. No clock decides.
 */
export function untakenText({ member, shardIds }: Drain, views: readonly ShardView[]): string | undefined {
  const untaken = views
    .filter(({ shardId, state }) => shardIds.has(shardId) && mustBeRead(state))
    .filter(({ lease }) => lease?.owner === undefined || lease.owner === member || lease.released)
    .map(({ shardId }) => shardId);
  return untaken.length === 0 ? undefined : `nobody has taken ${namedShards(untaken)} from ${member}`;
}

/** Ids of the shards that the member owns and that are not done. */
export function ownedBy(views: readonly ShardView[], member: string): string[] {
  return views
    .filter(({ lease }) => lease?.owner === member && lease.checkpoint.kind !== 'shard_end')
    .map(({ shardId }) => shardId);
}

/** Nobody reads a shard that is done, that waits for its parents or whose position is lost. */
function mustBeRead(state: ShardState): boolean {
  return state === 'reading' || state === 'unowned';
}
