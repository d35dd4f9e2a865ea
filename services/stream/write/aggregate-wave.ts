import type { PutEntry } from '../client/stream-client.ts';
import { AGGREGATE_OVERHEAD_BYTES, partBytes } from '../kpl/aggregate.ts';
import { MAXIMUM_ENTRIES, MAXIMUM_REQUEST_BYTES } from './put-wave.ts';

/** As the Kinesis Producer Library has it. Larger ones save nothing: at this size the limit of bytes is met first. */
const MAXIMUM_AGGREGATE_BYTES = 50 * 1024;

/** Entries that go out as one record. */
export interface Pack {
  readonly shardId: string;
  /** Into what is pending, ascending. */
  readonly indices: readonly number[];
}

interface OpenPack {
  readonly shardId: string;
  readonly indices: number[];
  readonly keys: Set<string>;
  bytes: number;
}

/**
 * Which of the pending entries may go out in the next PutRecords, packed by the shard of their partition keys.
 * PutRecords may store a later record and refuse an earlier one, so that a key is never in two packs of one request.
 * An entry that is larger than a pack has one of its own.
 */
export function packWave(pending: readonly PutEntry[], shardOf: (partitionKey: string) => string): Pack[] {
  const packs: OpenPack[] = [];
  const open = new Map<string, OpenPack>();
  /** Keys of full packs, and of what did not fit: what follows under them waits for the next request. */
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
