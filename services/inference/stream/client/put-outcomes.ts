import type { PutEntry, PutOutcome } from './stream-client.ts';

/** One entry of PutRecords' answer. */
interface PutResult {
  readonly SequenceNumber?: string | null | undefined;
  readonly ErrorCode?: string | null | undefined;
  readonly ErrorMessage?: string | null | undefined;
}

/** What became of each entry; one without a result counts as refused. */
export function putOutcomes(entries: readonly PutEntry[], results: readonly PutResult[]): PutOutcome[] {
  return entries.map((_, index) => {
    const result = results[index];
    if (result?.SequenceNumber) return undefined;
    return { code: result?.ErrorCode ?? 'NoAnswer', message: result?.ErrorMessage ?? '' };
  });
}
