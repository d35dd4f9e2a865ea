import type { Placement, PutEntry, PutOutcome } from './stream-client.ts';

/** One entry of PutRecords' answer. */
export interface PutResult {
  readonly ShardId?: string | null | undefined;
  readonly SequenceNumber?: string | null | undefined;
  readonly ErrorCode?: string | null | undefined;
  readonly ErrorMessage?: string | null | undefined;
}

/** What became of each entry; one without a result counts as refused. */
export function toPlacements(entries: readonly PutEntry[], results: readonly PutResult[]): Placement[] {
  return entries.map((_, index) => {
    const result = results[index];
    if (result?.SequenceNumber) return { shardId: result.ShardId ?? '' };
    return { code: result?.ErrorCode ?? 'NoAnswer', message: result?.ErrorMessage ?? '' };
  });
}

export function toOutcomes(placements: readonly Placement[]): PutOutcome[] {
  return placements.map((placement) => ('code' in placement ? placement : undefined));
}
