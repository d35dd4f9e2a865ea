import type { StreamRecord } from '../../../services/inference/record.ts';
import type { IteratorStart } from '../../../services/inference/stream/client/stream-client.ts';

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

/** Where reading goes on after record number `index`. */
export function afterRecord(index: number): IteratorStart {
  return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: recordAt(index).sequenceNumber };
}
