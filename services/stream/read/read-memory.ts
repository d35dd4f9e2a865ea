import type { StreamRecord } from '../record.ts';

/**
 * Memory that a record takes beside its data: objects, sequence number, partition key, places in queues, and its outcome
 * for a moment. Records without data take it too, and an aggregate may hold thousands of them.
 */
export const RECORD_OVERHEAD_BYTES = 400;

/** Memory of the records of one read, until the last of them is confirmed. */
export function readBytes(records: readonly StreamRecord[]): number {
  return bufferBytes(records) + records.length * RECORD_OVERHEAD_BYTES;
}

/**
 * Memory of the buffers that hold the data of one read. One record keeps its whole buffer in memory, and the records of a
 * read usually share one buffer. So each buffer counts as a whole, and once.
 */
export function bufferBytes(records: readonly StreamRecord[]): number {
  const first = records[0]?.data.buffer;
  if (first === undefined) return 0;
  if (records.every(({ data }) => data.buffer === first)) return first.byteLength;
  let bytes = 0;
  for (const { byteLength } of new Set(records.map(({ data }) => data.buffer))) bytes += byteLength;
  return bytes;
}
