import type { Shard, StreamDescription } from '../../services/stream/client/stream-client.ts';
import { isOfAnotherStream } from '../../services/stream/group/lease-repair.ts';
import { ancestorsOf, isDone, readableLeases } from '../../services/stream/group/reading-order.ts';
import type { GroupState, SeenLease } from './group-leases.ts';
import { shortShard } from './shard-name.ts';

/**
 * `reading`: an owner reads the shard. `unowned`: it may be read, and nobody does. `waiting`: a shard that it came from is not done.
 * `held`: its position is lost, so its owner does not read it. `ended`: closed and done. `open but ended`: done by its
 * lease, although the stream still writes to it. `no lease`: the group does not know the shard.
 */
export type ShardState = 'reading' | 'unowned' | 'waiting' | 'held' | 'ended' | 'open but ended' | 'no lease';

export interface ShardView {
  readonly shardId: string;
  readonly state: ShardState;
  /** Why the state is what it is, in a few words. */
  readonly note: string;
  readonly lease: SeenLease | undefined;
  /** Undefined if the stream does not list the shard. */
  readonly shard: Shard | undefined;
  /** Time since which records may be undone. Undefined if unknown. */
  readonly ageMilliseconds: number | undefined;
}

const HOUR_MILLISECONDS = 3_600_000;

/** One view for each shard that the stream lists or that has a lease, ordered by id. */
export function shardViews(
  shards: readonly Shard[],
  { leases }: Pick<GroupState, 'leases'>,
  description: StreamDescription,
  nowMilliseconds: number,
): ShardView[] {
  const byId = new Map(shards.map((shard) => [shard.shardId, shard]));
  const leaseOf = new Map(leases.map((lease) => [lease.shardId, lease]));
  const readable = new Set(
    readableLeases(leases, (id) => byId.has(id) && !leaseOf.has(id)).map(({ shardId }) => shardId),
  );
  return [...new Set([...byId.keys(), ...leaseOf.keys()])].sort().map((shardId): ShardView => {
    const lease = leaseOf.get(shardId);
    const shard = byId.get(shardId);
    const through = lease?.doneThroughMilliseconds ?? 0;
    const [state, note] = stateOf(lease, shard, {
      readable: readable.has(shardId),
      leaseOf,
      isListed: (id) => byId.has(id),
      description,
      nowMilliseconds,
    });
    const ageMilliseconds = through > 0 ? Math.max(0, nowMilliseconds - through) : undefined;
    return { shardId, state, note, lease, shard, ageMilliseconds };
  });
}

interface Surroundings {
  readonly readable: boolean;
  readonly leaseOf: ReadonlyMap<string, SeenLease>;
  /** True if the stream has the shard. */
  readonly isListed: (shardId: string) => boolean;
  readonly description: StreamDescription;
  readonly nowMilliseconds: number;
}

function stateOf(
  lease: SeenLease | undefined,
  shard: Shard | undefined,
  around: Surroundings,
): readonly [ShardState, string] {
  if (lease === undefined) return ['no lease', shard?.closed ? 'closed' : 'open'];
  const { description, nowMilliseconds } = around;
  if (isOfAnotherStream(lease, description.createdMilliseconds)) return ['held', 'of a deleted stream'];
  if (isDone(lease))
    return shard?.closed === false ? ['open but ended', 'open'] : ['ended', shard ? '' : 'left the stream'];
  if (shard === undefined) return ['held', 'left the stream unread'];
  const { retentionMilliseconds } = description;
  const isTrimmed =
    lease.doneThroughMilliseconds > 0 &&
    nowMilliseconds - lease.doneThroughMilliseconds > retentionMilliseconds;
  if (isTrimmed) return ['held', `older than ${retentionMilliseconds / HOUR_MILLISECONDS} h`];
  if (!around.readable) return ['waiting', `for ${undoneAncestors(lease, around)}`];
  if (lease.owner === undefined) return ['unowned', ''];
  return lease.isLive ? ['reading', ''] : ['unowned', 'owner is silent'];
}

/** Also names a shard further up: its children are done, and it is read again. */
function undoneAncestors(lease: SeenLease, { leaseOf, isListed }: Surroundings): string {
  const isUndone = (id: string) => {
    const ancestor = leaseOf.get(id);
    return ancestor === undefined ? isListed(id) : !isDone(ancestor);
  };
  return [...ancestorsOf([lease], [...leaseOf.values()])].filter(isUndone).sort().map(shortShard).join(', ');
}
