import type { Member } from '../../services/stream/lease/shard-lease.ts';
import { isoTime } from '../command-line/words.ts';
import type { Desk } from './desk.ts';
import { shareOf } from './key-space.ts';
import type { ShardView } from './shard-view.ts';
import { checkpointText } from './words.ts';

/** What `list --json` prints. Names are in snake_case, as in the records that the service publishes. */
export function listDocument(
  { streams, kinesis, leases }: Pick<Desk, 'streams' | 'kinesis' | 'leases'>,
  views: readonly ShardView[],
  members: readonly Member[],
): object {
  return {
    stream: streams.input,
    kinesis,
    leases: leases.place,
    shards: views.map(shardMembers),
    members: members.map(({ name, revision, joinedMilliseconds, draining }) => ({
      name,
      revision: revision || null,
      joined_at: timeOrNull(joinedMilliseconds),
      draining: draining ?? false,
    })),
  };
}

function shardMembers({ shardId, state, note, lease, shard, ageMilliseconds }: ShardView): object {
  const range = shard?.hashRange ?? lease?.hashRange;
  return {
    shard_id: shardId,
    state,
    note,
    owner: lease?.owner ?? null,
    epoch: lease?.epoch ?? null,
    checkpoint: lease ? checkpointText(lease.checkpoint) : null,
    done_through: timeOrNull(lease?.doneThroughMilliseconds),
    age_milliseconds: ageMilliseconds ?? null,
    closed: shard?.closed ?? null,
    parents: shard?.parents ?? lease?.parents ?? [],
    hash_range: range ?? null,
    key_share: range ? shareOf(range) : null,
  };
}

/** A time that is 0 or absent is unknown. */
function timeOrNull(milliseconds: number | undefined): string | null {
  return milliseconds ? isoTime(milliseconds) : null;
}
