import { parseStream } from '../../services/shared/stream-reference.ts';
import type { StreamDescription } from '../../services/stream/client/stream-client.ts';
import type { Member } from '../../services/stream/lease/shard-lease.ts';
import type { Desk } from './desk.ts';
import { findShard } from './shard-name.ts';
import { type ShardView, shardViews } from './shard-view.ts';
import { Refusal } from './usage-error.ts';

/** The group and its stream, at one moment. */
export interface Look {
  readonly description: StreamDescription;
  readonly views: readonly ShardView[];
  readonly members: readonly Member[];
}

export async function lookAt({ client, streams, leases, clock, signal }: Desk): Promise<Look> {
  const description = await client.describe(streams.input, signal);
  const shards = await client.listShards(streams.input, signal);
  const state = await leases.state();
  assertSameAccount(description, state.account);
  return {
    description,
    views: shardViews(shards, state, description, clock.now()),
    members: state.members,
  };
}

/** Streams of two accounts may have one name. @throws Refusal */
function assertSameAccount({ arn }: StreamDescription, noted: string | undefined): void {
  const account = parseStream(arn)?.home?.account;
  if (noted === undefined || account === undefined || noted === account) return;
  throw new Refusal(
    `the group reads a stream in account ${noted}, but ${arn} is in account ${account}: give the ARN of its stream as --stream, or credentials of that account`,
  );
}

/** @throws Error if no shard or more than one shard fits */
export function viewOf({ views }: Look, text: string): ShardView {
  const shardId = findShard(
    text,
    views.map((view) => view.shardId),
  );
  return views.find((view) => view.shardId === shardId) as ShardView;
}
