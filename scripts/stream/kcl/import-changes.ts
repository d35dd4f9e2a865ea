import type { Checkpoint } from '../../../services/stream/checkpoint.ts';
import { planLeases } from '../../../services/stream/group/lease-plan.ts';
import type { StreamFacts } from '../../../services/stream/group/lease-repair.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import type { SeenLease } from '../group-leases.ts';
import type { PlannedChange } from '../position-change.ts';
import { effectsOf } from '../position-effects.ts';
import { namedShards, shortShard } from '../shard-name.ts';
import type { ShardView } from '../shard-view.ts';
import { checkpointText } from '../words.ts';
import type { ImportedShard, ImportPlan } from './kcl-plan.ts';

/** What is known of the record of a checkpoint. */
export interface RecordFacts {
  /** 0 if unknown. */
  readonly arrivalMilliseconds: number;
  /** False if the stream has deleted the record. Later records may be deleted, too. */
  readonly isKept: boolean;
}

const DELETED =
  'The stream has deleted this record. Records after it may be lost; the oldest record is read next.';

/** The leases to make or to change, one for each shard. @throws Refusal if the group has progress */
export function importChanges(
  plan: ImportPlan,
  views: readonly ShardView[],
  facts: ReadonlyMap<string, RecordFacts>,
  replace: boolean,
  streamFacts: StreamFacts,
): PlannedChange[] {
  const { nowMilliseconds, streamCreatedMilliseconds } = streamFacts;
  const viewOf = new Map(views.map((view) => [view.shardId, view]));
  const begun = views.filter(({ lease }) => lease !== undefined && hasProgress(lease));
  if (begun.length > 0 && !replace)
    throw new Refusal(
      `the group has read ${namedShards(begun.map(({ shardId }) => shardId))} already. --replace overwrites these positions, and shows first what follows`,
    );
  const shards = plan.shards.map(({ shard }) => shard);
  const fresh = new Map(
    planLeases(shards, [], { type: 'TRIM_HORIZON' }, streamFacts).create.map((lease) => [
      lease.shardId,
      lease,
    ]),
  );
  return plan.shards.flatMap(({ shard: { shardId }, checkpoint, reason }: ImportedShard): PlannedChange[] => {
    const view = viewOf.get(shardId);
    const before = view?.lease;
    const base = before ?? fresh.get(shardId);
    if (base === undefined) throw new Error(`no lease can be made for ${shardId}`);
    const fact = facts.get(shardId);
    const lease = {
      ...base,
      checkpoint,
      doneThroughMilliseconds: fact?.arrivalMilliseconds ?? 0,
      createdMilliseconds: nowMilliseconds,
      streamCreatedMilliseconds,
    };
    const from = before === undefined ? 'no lease' : checkpointText(before.checkpoint);
    return [
      {
        shardId,
        what: `shard ${shortShard(shardId)}: from ${from} to ${checkpointText(checkpoint)} (${reason})`,
        effects: [
          ...(view && before ? effectsOf(view, before, checkpoint, throughOf(checkpoint, fact)) : []),
          ...(fact?.isKept === false ? [DELETED] : []),
        ],
        change: {
          seen: before,
          exact: false,
          lease,
        },
      },
    ];
  });
}

/** Time up to which all is done at the imported position. 0 if unknown. */
function throughOf(checkpoint: Checkpoint, fact: RecordFacts | undefined): number {
  return checkpoint.kind === 'timestamp' ? checkpoint.atMilliseconds : (fact?.arrivalMilliseconds ?? 0);
}

function hasProgress({ checkpoint }: SeenLease): boolean {
  return checkpoint.kind === 'record' || checkpoint.kind === 'shard_end';
}
