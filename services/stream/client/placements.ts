import type { Placement, PutEntry, PutRefusal } from './stream-client.ts';

/** The result of one entry in the response of PutRecords. */
export interface PutResult {
  readonly ShardId?: string | null | undefined;
  readonly SequenceNumber?: string | null | undefined;
  readonly ErrorCode?: string | null | undefined;
  readonly ErrorMessage?: string | null | undefined;
}

/** Where each entry is stored, or why not. An entry without a result counts as refused. */
export function toPlacements(entries: readonly PutEntry[], results: readonly PutResult[]): Placement[] {
  return entries.map((_, index) => {
    const result = results[index];
    if (result?.SequenceNumber)
      return { shardId: result.ShardId ?? '', sequenceNumber: result.SequenceNumber };
    return { code: result?.ErrorCode ?? 'NoAnswer', message: result?.ErrorMessage ?? '' };
  });
}

/** Undefined for each entry that is stored. */
export function toRefusals(placements: readonly Placement[]): (PutRefusal | undefined)[] {
  return placements.map((placement) => ('code' in placement ? placement : undefined));
}
