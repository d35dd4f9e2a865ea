import type { PendingEntries } from './pending-entries.ts';

export const MAXIMUM_ENTRIES = 500;
/** PutRecords takes 10 MiB, but some emulators take only 7 MiB. */
export const MAXIMUM_REQUEST_BYTES = 5 * 1024 * 1024;

/** The entries of the next PutRecords. */
export interface Wave {
  /** Indices into the pending entries, ascending. */
  readonly indices: number[];
  /** The most entries of one key. 1 if every key is there once. */
  readonly longestRun: number;
}

/**
 * Selects the entries of the next PutRecords: the first entry of each partition key, and of a hot key a run of its first
 * entries. PutRecords may store a later entry and refuse an earlier entry. So only a hot key is in one request twice.
 * @param runLength the most entries of one hot key
 */
export function selectWave(pending: PendingEntries, runLength: number): Wave {
  const keys = new Set<string>();
  /** Length of the run of each hot key, or Infinity once an entry of the key was held back. */
  const runs = new Map<string, number>();
  const indices: number[] = [];
  let longestRun = 1;
  let bytes = 0;
  let index = -1;
  for (const { partitionKey, data } of pending.entries) {
    index++;
    let run = 1;
    const keysBefore = keys.size;
    keys.add(partitionKey);
    if (keys.size === keysBefore) {
      if (!pending.hotKeys.has(partitionKey)) continue;
      run = (runs.get(partitionKey) ?? 1) + 1;
      if (run > runLength) continue;
    }
    const size = data.length + partitionKey.length;
    if (indices.length > 0 && bytes + size > MAXIMUM_REQUEST_BYTES) {
      runs.set(partitionKey, Number.POSITIVE_INFINITY);
      continue;
    }
    if (run > 1) runs.set(partitionKey, run);
    if (run > longestRun) longestRun = run;
    indices.push(index);
    bytes += size;
    if (indices.length === MAXIMUM_ENTRIES) break;
  }
  return { indices, longestRun };
}
