import type { RejectionCode } from '../shared/agreements/rejection-codes.ts';

/** A record of the input stream, after de-aggregation. */
export interface StreamRecord {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  /** Position inside a KPL aggregate. 0 for a record without aggregation. */
  readonly subSequenceNumber: number;
  /** ApproximateArrivalTimestamp, milliseconds since the epoch. */
  readonly arrivalMilliseconds: number;
  /** Set only on a record that becomes a dead letter without being processed. */
  readonly giveUp?: GiveUp;
}

/** Records of one shard, in the order of the shard. */
export interface Batch {
  readonly stream: string;
  readonly shardId: string;
  /** Fencing token of the shard's lease. It grows with every change of owner. */
  readonly epoch: number;
  /** URI below which the consumer stores objects of outcomes, e.g. s3://bucket/prefix. Undefined if it stores none. */
  readonly objectPrefix?: string | undefined;
  readonly records: readonly StreamRecord[];
}

/** Why the stream consumer gave up a record. */
export interface GiveUp {
  readonly code: Extract<
    RejectionCode,
    'too_large' | 'record_expired' | 'retries_exhausted' | 'poison' | 'invalid_aggregate' | 'foreign_part'
  >;
  /** One sentence for a person. */
  readonly message: string;
}

/** Bytes that do not fit into a record. */
export interface StoredObject {
  /** A URI below the `objectPrefix` of the batch. A repeat of the outcome has the same URI. */
  readonly uri: string;
  readonly data: Uint8Array;
  /** SHA-256 of `data`, in hex. */
  readonly sha256: string;
}

/** The record that is published for one input record. */
export interface Outcome {
  /** A `decision` goes to the output stream, a `rejection` to the dead-letter stream. */
  readonly kind: 'decision' | 'rejection';
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** An object that `data` names. It is stored before the record is put, so that no record names a missing object. */
  readonly object?: StoredObject;
}

/** Turns records into outcomes. This is all that the stream consumer knows of scoring. */
export interface RecordProcessor {
  /**
   * Resolves with one outcome for each record, in the same order.
   * Rejects only if another try may help. The consumer then retries or bisects the batch.
   */
  process(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]>;
  /** Makes the dead letter of a record that the consumer gave up. It must fit into a Kinesis record, whatever the input. */
  reject(batch: Batch, record: StreamRecord, giveUp: GiveUp): Outcome;
  /** Called once Kinesis has confirmed the outcomes of `batch`. Work here (shadow scoring, audit) delays no decision. */
  published(batch: Batch): void;
}
