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
  let start = 0;
  let bytes = 0;
  for (const [index, { data }] of records.entries()) {
    if (index > start && (index - start === CHUNK_RECORDS || bytes + data.length > CHUNK_BYTES)) {
      yield { start, end: index };
      start = index;
      bytes = 0;
    }
    bytes += data.length;
  }
  if (start < records.length) yield { start, end: records.length };
}
