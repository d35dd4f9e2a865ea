import type { Checkpoint } from '../checkpoint.ts';
import type { IteratorStart } from '../client/stream-client.ts';
import { StreamError } from '../client/stream-error.ts';
import type { StreamRecord } from '../record.ts';

export interface ShardRead {
  /** As stored: aggregates are not opened. */
  readonly records: readonly StreamRecord[];
  /** How far this read is behind the newest record of the shard. */
  readonly behindMilliseconds: number;
  /** True if the shard may have been closed before this read. Then the time of the read says nothing about later shards. */
  readonly ended: boolean;
}

/** The position after the checkpoint is no longer in the stream. */
export class PositionLost extends Error {
  override readonly name = 'PositionLost';
}

/** Fan-out is not possible, so the shard must be polled. `cause` is the error of Kinesis. */
export class FanOutUnavailable extends Error {
  override readonly name = 'FanOutUnavailable';
  override readonly cause: StreamError;

  constructor(cause: StreamError) {
    super(cause.message);
    this.cause = cause;
  }
}

/** Reads the records of one shard, in order, until its end. */
export interface ShardReader {
  /**
   * Ends at the end of a closed shard. Waits inside until an outage is over. Does not read on while the caller works on a
   * read. Reserves the data of each read in the budget; the caller gives it back.
   * @throws PositionLost; the signal's reason
   */
  read(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ShardRead, void>;
}

/** Where to read on after `read` was delivered. */
export function positionAfter(read: Pick<ShardRead, 'records'>, position: IteratorStart): IteratorStart {
  const last = read.records.at(-1);
  return last ? { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last.sequenceNumber } : position;
}

/** Where reading begins. If an aggregate is done in part, it is read again as a whole. */
export function iteratorStart(checkpoint: Exclude<Checkpoint, { kind: 'shard_end' }>): IteratorStart {
  switch (checkpoint.kind) {
    case 'trim_horizon':
      return { type: 'TRIM_HORIZON' };
    case 'timestamp':
      return { type: 'AT_TIMESTAMP', atMilliseconds: checkpoint.atMilliseconds };
    case 'record': {
      const type =
        checkpoint.subSequenceNumber === undefined ? 'AFTER_SEQUENCE_NUMBER' : 'AT_SEQUENCE_NUMBER';
      return { type, sequenceNumber: checkpoint.sequenceNumber };
    }
  }
}

/** Labels of a failed read. */
export function readFailure(error: unknown): { readonly kind: string; readonly reason: string } {
  const { kind, reason } =
    error instanceof StreamError ? error : new StreamError('unavailable', String(error));
  return { kind, reason };
}
