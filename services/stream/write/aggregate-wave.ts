import type { PutEntry } from '../client/stream-client.ts';
import { AGGREGATE_OVERHEAD_BYTES, partBytes } from '../kpl/aggregate-writer.ts';
import { MAXIMUM_ENTRIES, MAXIMUM_REQUEST_BYTES } from './put-wave.ts';

/** The limit of the Kinesis Producer Library. Larger aggregates save nothing, because the shard's limit of bytes applies first. */
const MAXIMUM_AGGREGATE_BYTES = 50 * 1024;

/** Entries that are put as one record. */
export interface Pack {
  readonly shardId: string;
  /** Indices into the pending entries, ascending. */
  readonly indices: readonly number[];
}

interface OpenPack {
  readonly shardId: string;
  readonly indices: number[];
  readonly keys: Set<string>;
  bytes: number;
}

/**
 * Selects the pending entries of the next PutRecords, and packs them by the shard of their partition keys.
 * PutRecords may store a later record and refuse an earlier record. So a key is never in two packs of one request.
 * An entry that is larger than a pack gets a pack of its own.
 */
export function packWave(pending: readonly PutEntry[], shardOf: (partitionKey: string) => string): Pack[] {
  const packs: OpenPack[] = [];
  const open = new Map<string, OpenPack>();
  /** Keys of full packs and of entries that did not fit. Later entries with these keys wait for the next request. */
  const waiting = new Set<string>();
  let requestBytes = 0;
  for (const [index, { partitionKey, data }] of pending.entries()) {
    if (waiting.has(partitionKey)) continue;
    const shardId = shardOf(partitionKey);
    const bytes = partBytes(partitionKey, data);
    let pack = open.get(shardId);
    if (pack && pack.bytes + bytes > MAXIMUM_AGGREGATE_BYTES) {
      for (const key of pack.keys) waiting.add(key);
      open.delete(shardId);
      pack = undefined;
    }
    const isFull = requestBytes + bytes > MAXIMUM_REQUEST_BYTES && packs.length > 0;
    if (isFull || (pack === undefined && packs.length === MAXIMUM_ENTRIES)) waiting.add(partitionKey);
    if (waiting.has(partitionKey)) continue;
    if (pack === undefined) {
      pack = { shardId, indices: [], keys: new Set(), bytes: AGGREGATE_OVERHEAD_BYTES };
      open.set(shardId, pack);
      packs.push(pack);
    }
    pack.indices.push(index);
    pack.keys.add(partitionKey);
    pack.bytes += bytes;
    requestBytes += bytes;
  }
  return packs;
}
