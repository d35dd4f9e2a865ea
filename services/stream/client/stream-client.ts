import type { StreamRecord } from '../record.ts';

export interface HashRange {
  /** First and last hash key of the range, as decimal 128-bit numbers. Both belong to the range. */
  readonly start: string;
  readonly end: string;
}

export interface Shard {
  readonly shardId: string;
  /** One parent after a split, two after a merge. They may have left the stream already. */
  readonly parents: readonly string[];
  readonly hashRange: HashRange;
  /** True if the shard takes no more records. */
  readonly closed: boolean;
}

export interface StreamDescription {
  readonly arn: string;
  readonly retentionMilliseconds: number;
  /** Milliseconds since the epoch. A stream that is created again under its name has another time. 0 if unknown. */
  readonly createdMilliseconds: number;
}

/** The position at which an iterator begins. */
export type IteratorStart =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly atMilliseconds: number }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

export interface ReadResult {
  /** As stored: aggregates are not opened, and `subSequenceNumber` is 0. */
  readonly records: readonly StreamRecord[];
  /** Undefined at the end of a closed shard. */
  readonly nextIterator: string | undefined;
  /** True if the answer names the child shards. Kinesis does so at the end of a closed shard alone. */
  readonly namesChildren: boolean;
  /** How far this read is behind the newest record of the shard. */
  readonly behindMilliseconds: number;
}

export interface PutEntry {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Why one entry of PutRecords is not stored. `code` is the error code of Kinesis. */
export interface PutRefusal {
  readonly code: string;
  readonly message: string;
}

/** Where the entry is stored, or why it is not. */
export type Placement = { readonly shardId: string; readonly sequenceNumber: string } | PutRefusal;

/**
 * Throws if a request must not be sent. The client asks right before it sends, because a record may hold the event loop
 * between the call and the request.
 */
export type AssertAllowed = () => void;

/**
 * The calls of Kinesis that the consumer uses. `stream` is a name or an ARN. Each call is one request with a deadline of
 * its own. No call is retried
 * inside, because the callers own the retry policy. A failed call throws a StreamError, or the signal's reason once the
 * signal aborted.
 */
export interface StreamClient {
  /** The time at the service, in milliseconds since the epoch. Before the first answer, the time of this machine. */
  nowMilliseconds(): number;
  /** Resolves with the URL that the records of the stream are read from, as the settings and the environment give it. */
  endpoint(stream: string): Promise<string>;
  describe(stream: string, signal: AbortSignal): Promise<StreamDescription>;
  /** All shards that still hold records, including closed shards. */
  listShards(stream: string, signal: AbortSignal): Promise<readonly Shard[]>;
  iterator(stream: string, shardId: string, start: IteratorStart, signal: AbortSignal): Promise<string>;
  read(stream: string, iterator: string, limit: number, signal: AbortSignal): Promise<ReadResult>;
  /**
   * Puts at most 500 entries.
   * @returns one item for each entry, in the same order: undefined if the entry is stored
   */
  put(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
    assertAllowed?: AssertAllowed,
  ): Promise<readonly (PutRefusal | undefined)[]>;
  /** Puts at most 500 entries, and also tells the place of each entry. */
  place(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
    assertAllowed?: AssertAllowed,
  ): Promise<readonly Placement[]>;
  close(): void;
}
