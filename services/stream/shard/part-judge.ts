import type { HashRange } from '../client/stream-client.ts';
import type { JudgePart } from '../kpl/aggregate.ts';
import { inHashRange } from '../kpl/hash-ranges.ts';
import type { StreamMetrics } from '../metrics.ts';

/** What becomes of a record of an aggregate whose hash key belongs to another shard. */
export type ForeignParts = 'decide' | 'reject' | 'drop';

export interface PartJudgeOptions {
  readonly shardId: string;
  /** Undefined if unknown. Then every part belongs to the shard. */
  readonly hashRange: HashRange | undefined;
  readonly foreignParts: ForeignParts;
  readonly metrics: Pick<StreamMetrics, 'foreignParts'>;
}

/** Judges the parts of aggregates that were read from one shard. Each foreign part is counted. */
export function partJudge({ shardId, hashRange, foreignParts, metrics }: PartJudgeOptions): JudgePart {
  if (hashRange === undefined) return () => 'keep';
  const isOwn = inHashRange(hashRange);
  return (hashKey) => {
    if (isOwn(hashKey)) return 'keep';
    metrics.foreignParts.inc({ action: foreignParts });
    if (foreignParts === 'decide') return 'keep';
    if (foreignParts === 'drop') return 'drop';
    const message = `the hash key ${hashKey} (hexadecimal) of this part of a KPL aggregate does not belong to ${shardId}, where the aggregate is`;
    return { code: 'foreign_part', message };
  };
}
