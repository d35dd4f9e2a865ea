import type { Checkpoint } from '../checkpoint.ts';
import type { IteratorStart, ReadResult } from '../client/stream-client.ts';
import type { StreamError } from '../client/stream-error.ts';

export type ShardRead = Pick<ReadResult, 'records' | 'behindMilliseconds'>;

/** The place after the checkpoint is not in the stream any more. */
export class PositionLost extends Error {
  override readonly name = 'PositionLost';
}

/** The shard has to be read in another way. `cause` says why. */
export class FanOutUnavailable extends Error {
  override readonly name = 'FanOutUnavailable';
  override readonly cause: StreamError;

  constructor(cause: StreamError) {
    super(cause.message);
    this.cause = cause;
  }
}

/** Gives the records of one shard, in order, until its end. */
export interface ShardReader {
  /**
   * Ends at the end of a closed shard. Outages are waited out inside. Reads nothing on while the taker works on what
   * it was given. The data of each read is reserved in the budget; the taker gives it back.
   * @throws PositionLost; the signal's reason
   */
  read(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ShardRead, void>;
}

/** Where to read on once `read` was delivered. */
export function positionAfter(read: ShardRead, position: IteratorStart): IteratorStart {
  const last = read.records.at(-1);
  return last ? { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last.sequenceNumber } : position;
}

/** Where reading begins. Of an aggregate that is done in part, the rest must be read again. */
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
