import type { IteratorStart } from '../../../services/stream/client/stream-client.ts';
import type { StreamRecord } from '../../../services/stream/record.ts';

/** Record number `index` of a shard. */
export function recordAt(index: number, change: Partial<StreamRecord> = {}): StreamRecord {
  return {
    data: Buffer.from(String(index)),
    partitionKey: `key-${index}`,
    sequenceNumber: String(index).padStart(56, '4'),
    subSequenceNumber: 0,
    arrivalMilliseconds: Date.UTC(2026, 0, 1) + index,
    ...change,
  };
}

/** The start position after record number `index`. */
export function afterRecord(index: number): IteratorStart {
  return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: recordAt(index).sequenceNumber };
}
