/** A chunk never exceeds this number of records. Scoring 256 small records takes about 2 ms. */
const CHUNK_RECORDS = 256;

/** A chunk of several records never exceeds this size. The decoder needs up to 5 ms for 256 KiB. */
const CHUNK_BYTES = 1024 * 1024;

/** From `start` up to but not including `end`. */
interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** Divides records into chunks that are decided before the event loop gets its next turn. */
export function* chunksOf(records: readonly { readonly data: Uint8Array }[]): Generator<Chunk> {
  for (let start = 0, end = 0; start < records.length; start = end) {
    end = chunkEnd(records, start);
    yield { start, end };
  }
}

function chunkEnd(records: readonly { readonly data: Uint8Array }[], start: number): number {
  const last = Math.min(start + CHUNK_RECORDS, records.length);
  let bytes = 0;
  for (let index = start; index < last; index++) {
    bytes += records[index]?.data.length ?? 0;
    if (bytes > CHUNK_BYTES && index > start) return index;
  }
  return last;
}
