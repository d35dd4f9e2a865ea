import type { StreamRecord } from '../../../services/inference/record.ts';

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
