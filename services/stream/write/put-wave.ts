import type { PutEntry } from '../client/stream-client.ts';

export const MAXIMUM_ENTRIES = 500;
/** PutRecords takes 10 MiB, but some emulators take only 7 MiB. */
export const MAXIMUM_REQUEST_BYTES = 5 * 1024 * 1024;

/**
 * Selects the pending entries of the next PutRecords: the first entry of each partition key. PutRecords may store a later
 * entry and refuse an earlier entry. So a key is never in one request twice.
 * @returns indices into `pending`, ascending
 */
export function selectWave(pending: readonly PutEntry[]): number[] {
  const keys = new Set<string>();
  const wave: number[] = [];
  let bytes = 0;
  for (const [index, entry] of pending.entries()) {
    if (keys.has(entry.partitionKey)) continue;
    keys.add(entry.partitionKey);
    const size = entry.data.length + entry.partitionKey.length;
    if (wave.length > 0 && bytes + size > MAXIMUM_REQUEST_BYTES) continue;
    wave.push(index);
    bytes += size;
    if (wave.length === MAXIMUM_ENTRIES) break;
  }
  return wave;
}
