import type { RejectionCode } from '../shared/agreements/rejection-codes.ts';

/** A record as the stream gave it, after de-aggregation. */
export interface StreamRecord {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  /** Place inside a KPL aggregate; 0 for a plain record. */
  readonly subSequenceNumber: number;
  /** ApproximateArrivalTimestamp, milliseconds since the epoch. */
  readonly arrivalMilliseconds: number;
}

/** Records of one shard, in the shard's order. */
export interface Batch {
  readonly stream: string;
  readonly shardId: string;
  /** Fencing token of the lease under which the shard is read: grows with every change of owner. */
  readonly epoch: number;
  readonly records: readonly StreamRecord[];
}

/** Why a record got no decision. A result, never an exception. */
export interface Rejection {
  readonly code: RejectionCode;
  /** One sentence for a person, naming field, value and rule. */
  readonly message: string;
  readonly field?: string;
}

/** What is published for one record. */
export interface Outcome {
  /** `decision` goes to the output stream, `rejection` to the dead-letter stream. */
  readonly kind: 'decision' | 'rejection';
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** What the stream consumer needs to know of scoring. */
export interface RecordProcessor {
  /**
   * One outcome for each record, in the same order.
   * Rejects only where trying again may help; the consumer then retries or bisects.
   */
  process(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]>;
  /** The dead letter of a record on which the consumer gave up. Fits into a Kinesis record, however large the input is. */
  reject(batch: Batch, record: StreamRecord, rejection: Rejection): Outcome;
  /** Called once the outcomes of `batch` are confirmed, outside of the critical path (shadow scoring, audit). */
  published(batch: Batch): void;
}
