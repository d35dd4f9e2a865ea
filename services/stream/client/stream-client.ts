import type { StreamRecord } from '../record.ts';

export interface HashRange {
  /** Decimal, of the 128-bit hash of partition keys; both ends belong to it. */
  readonly start: string;
  readonly end: string;
}

export interface Shard {
  readonly shardId: string;
  /** One after a split, two after a merge. They may be gone from the stream already. */
  readonly parents: readonly string[];
  readonly hashRange: HashRange;
  /** Takes no more records. */
  readonly closed: boolean;
}

export interface StreamDescription {
  readonly arn: string;
  readonly retentionMilliseconds: number;
}

/** Where an iterator begins. */
export type IteratorStart =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly atMilliseconds: number }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

export interface ReadResult {
  /** As stored: aggregates are not opened, `subSequenceNumber` is 0. */
  readonly records: readonly StreamRecord[];
  /** Undefined at the end of a closed shard. */
  readonly nextIterator: string | undefined;
  /** How far this read is behind the shard's tip. */
  readonly behindMilliseconds: number;
}

export interface PutEntry {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Why one entry of PutRecords is not stored; `code` as Kinesis gives it. */
export interface PutRefusal {
  readonly code: string;
  readonly message: string;
}

/** Undefined where the entry is stored. */
export type PutOutcome = PutRefusal | undefined;

/** Where the entry is stored, or why it is not. */
export type Placement = { readonly shardId: string } | PutRefusal;

/**
 * What the consumer needs of Kinesis. Each call is one request with a deadline of its own, never retried
 * inside: callers own the retry policy. Failures are StreamErrors, or the signal's reason once it aborted.
 */
export interface StreamClient {
  describe(stream: string, signal: AbortSignal): Promise<StreamDescription>;
  /** All shards that still hold records, closed ones included. */
  listShards(stream: string, signal: AbortSignal): Promise<readonly Shard[]>;
  iterator(stream: string, shardId: string, start: IteratorStart, signal: AbortSignal): Promise<string>;
  read(iterator: string, limit: number, signal: AbortSignal): Promise<ReadResult>;
  /** One outcome for each entry, in the same order. At most 500 entries. */
  put(stream: string, entries: readonly PutEntry[], signal: AbortSignal): Promise<readonly PutOutcome[]>;
  /** As `put`, and tells which shard has each entry. */
  place(stream: string, entries: readonly PutEntry[], signal: AbortSignal): Promise<readonly Placement[]>;
  close(): void;
}
