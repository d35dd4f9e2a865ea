import type { Member } from '../../services/stream/lease/shard-lease.ts';
import { Refusal } from '../command-line/usage-error.ts';
import { listed } from '../command-line/words.ts';
import type { SeenLease } from './group-leases.ts';
import { shardsFor, shortShard } from './shard-name.ts';
import type { ShardView } from './shard-view.ts';

/** Takes the place of a member: the shards are then read by nobody. */
export const NOBODY = 'nobody';

/** What `drain` is given must be a member of a group that runs, or a shard. @throws Refusal */
export function assertKnown(
  operand: string,
  { members, views }: { readonly members: readonly Member[]; readonly views: readonly ShardView[] },
): void {
  if (members.length === 0)
    throw new Refusal(
      'the group has no member: nobody reads the stream, so there is nothing to drain. `stream list` shows the shards',
    );
  const shardIds = views.map(({ shardId }) => shardId);
  if (members.some(({ name }) => name === operand) || shardsFor(operand, shardIds).length > 0) return;
  throw new Refusal(
    `${operand} is neither a member nor a shard. Members: ${namesOf(members)}. Shards: ${listed(shardIds.map(shortShard)) || 'none'}`,
  );
}

export function namesOf(members: readonly Member[]): string {
  return listed(members.map(({ name }) => name));
}

/** The member that is to take the shard. @throws Refusal */
export function successorOf(
  view: ShardView,
  views: readonly ShardView[],
  members: readonly Member[],
  wanted: string | undefined,
): { readonly lease: SeenLease; readonly successor: string } {
  const { lease } = view;
  const shard = `shard ${shortShard(view.shardId)}`;
  if (lease?.owner === undefined || !lease.isLive)
    throw new Refusal(`${shard} has no owner that could give it up: it is ${view.state}`);
  if (wanted === lease.owner) throw new Refusal(`${wanted} reads ${shard} already`);
  if (wanted === NOBODY)
    throw new Refusal(
      `the group would take ${shard} again at once: drain its owner, ${lease.owner}, to ${NOBODY}`,
    );
  const others = members.filter(({ name, draining }) => name !== lease.owner && !draining);
  const load = ({ name }: Member) => views.filter((it) => it.lease?.owner === name).length;
  const successor =
    wanted === undefined
      ? others.toSorted((a, b) => load(a) - load(b))[0]
      : others.find(({ name }) => name === wanted);
  if (successor !== undefined) return { lease, successor: successor.name };
  const names = namesOf(others);
  throw new Refusal(
    names === ''
      ? `there is no other member to take ${shard}: start another pod first`
      : `${wanted} is not a member that takes shards: ${names}`,
  );
}

/** @throws Refusal if the member takes shards already */
export function assertDrained(member: string, members: readonly Member[]): void {
  if (members.some(({ name, draining }) => name === member && draining)) return;
  throw new Refusal(`${member} is not drained, so there is nothing to undo`);
}

/** @throws Refusal if nobody would read the member's shards, and that was not asked for */
export function assertTakers(member: string, members: readonly Member[], wanted: string | undefined): void {
  if (wanted !== undefined && wanted !== NOBODY)
    throw new Refusal(
      `--to ${wanted}: the shards of a member go to all others. Only --to ${NOBODY} is possible`,
    );
  const others = members.filter(({ name, draining }) => name !== member && !draining);
  if (others.length === 0 && wanted !== NOBODY)
    throw new Refusal(
      `there is no other member to take the shards of ${member}: start another pod first, or add --to ${NOBODY} to have them unread`,
    );
}
