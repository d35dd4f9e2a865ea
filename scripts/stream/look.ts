import type { StreamDescription } from '../../services/stream/client/stream-client.ts';
import type { Member } from '../../services/stream/lease/shard-lease.ts';
import { Refusal } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import { assertSameAccount } from './same-account.ts';
import { findShard } from './shard-name.ts';
import { type ShardView, shardViews } from './shard-view.ts';

/** The group and its stream, at one moment. */
export interface Look {
  readonly description: StreamDescription;
  readonly views: readonly ShardView[];
  readonly members: readonly Member[];
  /** Path of a lease file that does not exist yet. */
  readonly absentFile: string | undefined;
}

/**
 * @param mayBeNew true if the command may make the lease file. Otherwise a path that does not exist is a mistake.
 * @throws Refusal if there is no such lease file, or if the group reads a stream of another account
 */
export async function lookAt(desk: Desk, mayBeNew = false): Promise<Look> {
  const { client, streams, leases, clock, signal } = desk;
  const state = await leases.state();
  const { absentFile } = state;
  if (absentFile !== undefined && !mayBeNew)
    throw new Refusal(
      `there is no lease file ${absentFile}: give another --lease-file, or start the process that uses this file`,
    );
  const description = await client.describe(streams.input, signal);
  const shards = await client.listShards(streams.input, signal);
  assertSameAccount(streams.input, description.arn, state.account);
  return {
    description,
    views: shardViews(shards, state, description, clock.now()),
    members: state.members,
    absentFile,
  };
}

/** Says where the leases are, and looks at them. Every command that changes a lease begins so. @throws Refusal as above */
export function lookToChange(desk: Desk, mayBeNew = false): Promise<Look> {
  desk.terminal.say(desk.leases.place);
  return lookAt(desk, mayBeNew);
}

/** @throws Error if no shard or more than one shard fits */
export function viewOf({ views }: Look, text: string): ShardView {
  const shardId = findShard(
    text,
    views.map((view) => view.shardId),
  );
  return views.find((view) => view.shardId === shardId) as ShardView;
}
