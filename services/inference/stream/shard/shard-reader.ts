import type { Checkpoint } from '../checkpoint.ts';
import type { IteratorStart, ReadResult } from '../client/stream-client.ts';

/** The place after the checkpoint is not in the stream any more. */
export class PositionLost extends Error {
  override readonly name = 'PositionLost';
}

/** Gives the records of one shard, in order, until its end. */
export interface ShardReader {
  /**
   * Ends at the end of a closed shard. Outages are waited out inside.
   * @throws PositionLost; the signal's reason
   */
  read(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ReadResult, void>;
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
