import { type Checkpoint, formatCheckpoint } from '../../services/stream/checkpoint.ts';
import type { StreamDescription } from '../../services/stream/client/stream-client.ts';
import type { LeaseEdit } from '../../services/stream/lease/lease-edit.ts';
import { Refusal } from '../command-line/usage-error.ts';
import { duration, isoTime } from '../command-line/words.ts';
import type { LeaseChange, SeenLease } from './group-leases.ts';
import { effectsOf } from './position-effects.ts';
import type { Position } from './position-option.ts';
import { shortShard } from './shard-name.ts';
import type { ShardView } from './shard-view.ts';
import { assertPast } from './time-option.ts';
import { checkpointText, readsOn } from './words.ts';

/** A change of one lease, with what a person must know before it is made. */
export interface PlannedChange {
  readonly shardId: string;
  /** What changes. */
  readonly what: string;
  /** What follows from it, one sentence each. */
  readonly effects: readonly string[];
  readonly change: LeaseChange;
}

/** What is known of the stream and of the wanted position. */
export interface PositionFacts {
  readonly description: StreamDescription;
  /** Arrival of the record at the wanted sequence number. 0 for another position. */
  readonly arrivalMilliseconds: number;
  readonly nowMilliseconds: number;
}

/** Moves the position of a shard that the group reads. @throws Refusal */
export function planMove(view: ShardView, to: Position, facts: PositionFacts): PlannedChange {
  const lease = leaseOf(view);
  if (lease.checkpoint.kind === 'shard_end')
    throw new Refusal(
      `${nameOf(view)} is ${view.state}: \`stream revive ${shortShard(view.shardId)}\` has it read again`,
    );
  if (view.shard === undefined) throw new Refusal(goneText(view));
  return plan(view, lease, to, facts);
}

/** Has a shard read again that is done or held. @throws Refusal */
export function planRevive(
  view: ShardView,
  to: Position,
  facts: PositionFacts,
  all: readonly ShardView[],
): PlannedChange {
  const lease = leaseOf(view);
  if (view.shard === undefined) throw new Refusal(goneText(view));
  if (lease.checkpoint.kind !== 'shard_end' && view.state !== 'held')
    throw new Refusal(
      `${nameOf(view)} is neither done nor held, but ${view.state}: \`stream move\` changes where it is read on`,
    );
  const planned = plan(view, lease, to, facts);
  const begun = childrenOf(view, all).filter(isBegun);
  const effects = begun.map(
    (child) =>
      `Its child ${shortShard(child.shardId)} was read already: it now waits for ${shortShard(view.shardId)}, and older records of a key come after newer ones.`,
  );
  return { ...planned, effects: [...planned.effects, ...effects] };
}

/** Counts a shard as done although records of it are not decided. @throws Refusal */
export function planEnd(view: ShardView, all: readonly ShardView[], nowMilliseconds: number): PlannedChange {
  const lease = leaseOf(view);
  if (lease.checkpoint.kind === 'shard_end') throw new Refusal(`${nameOf(view)} is ${view.state} already`);
  if (view.shard && !view.shard.closed)
    throw new Refusal(
      `${nameOf(view)} is open, so producers still write to it: \`stream move ${shortShard(view.shardId)} --to LATEST\` skips what is there now`,
    );
  const waiting = childrenOf(view, all).map(({ shardId }) => shortShard(shardId));
  return {
    shardId: view.shardId,
    what: `${nameOf(view)}: from ${checkpointText(lease.checkpoint)} to SHARD_END`,
    effects: [
      ...effectsOf(view, lease, { kind: 'shard_end' }, 0),
      ...(waiting.length > 0 ? [`Its children are read next: ${waiting.join(', ')}.`] : []),
    ],
    change: changeOf(lease, {
      checkpoint: { kind: 'shard_end' },
      doneThroughMilliseconds: lease.doneThroughMilliseconds,
      createdMilliseconds: nowMilliseconds,
      streamCreatedMilliseconds: lease.streamCreatedMilliseconds,
    }),
  };
}

function plan(view: ShardView, lease: SeenLease, to: Position, facts: PositionFacts): PlannedChange {
  const { description, nowMilliseconds } = facts;
  const checkpoint: Checkpoint =
    to.kind === 'latest' ? { kind: 'timestamp', atMilliseconds: nowMilliseconds } : to;
  // An owner may be ahead of what it has stored, so a move to the stored position is a change for it.
  if (lease.owner === undefined && formatCheckpoint(checkpoint) === formatCheckpoint(lease.checkpoint))
    throw new Refusal(`${nameOf(view)} is at ${checkpointText(checkpoint)} already`);
  if (checkpoint.kind === 'timestamp') assertTime(checkpoint.atMilliseconds, facts);
  const through = checkpoint.kind === 'timestamp' ? checkpoint.atMilliseconds : facts.arrivalMilliseconds;
  return {
    shardId: view.shardId,
    what: `${nameOf(view)}: from ${checkpointText(lease.checkpoint)}, to read on ${readsOn(checkpoint)}`,
    effects: effectsOf(view, lease, checkpoint, through),
    // The position is of this moment, so its age counts from now.
    change: changeOf(lease, {
      checkpoint,
      doneThroughMilliseconds: through,
      createdMilliseconds: nowMilliseconds,
      streamCreatedMilliseconds: description.createdMilliseconds || lease.streamCreatedMilliseconds,
    }),
  };
}

function assertTime(atMilliseconds: number, { description, nowMilliseconds }: PositionFacts): void {
  assertPast('--to', atMilliseconds, nowMilliseconds);
  const { retentionMilliseconds } = description;
  if (nowMilliseconds - atMilliseconds > retentionMilliseconds)
    throw new Refusal(
      `--to ${isoTime(atMilliseconds)} is older than the ${duration(retentionMilliseconds)} that the stream keeps: give TRIM_HORIZON for its oldest record`,
    );
}

function changeOf(lease: SeenLease, position: LeaseEdit): LeaseChange {
  return { seen: lease, exact: false, lease: { ...lease, ...position } };
}

function childrenOf({ shardId }: ShardView, all: readonly ShardView[]): ShardView[] {
  return all.filter(({ shard, lease }) => (shard?.parents ?? lease?.parents ?? []).includes(shardId));
}

function isBegun({ lease }: ShardView): boolean {
  return lease !== undefined && (lease.checkpoint.kind === 'record' || lease.checkpoint.kind === 'shard_end');
}

/** @throws Refusal */
function leaseOf(view: ShardView): SeenLease {
  if (view.lease) return view.lease;
  throw new Refusal(
    `${nameOf(view)} has no lease: the group makes it within SHARD_SYNC_SECONDS, if its START_POSITION includes the shard`,
  );
}

function goneText(view: ShardView): string {
  return `${nameOf(view)} left the stream, and its records are deleted: \`stream end ${shortShard(view.shardId)}\` counts it as done`;
}

function nameOf({ shardId }: ShardView): string {
  return `shard ${shortShard(shardId)}`;
}
