import { type Checkpoint, formatCheckpoint } from '../../services/stream/checkpoint.ts';
import { isoTime } from '../command-line/words.ts';

/** Digits of a sequence number that a table shows. Two records of a stream do not share so many last digits. */
const SHOWN_DIGITS = 16;

/** A checkpoint in a form that `--to` takes, or SHARD_END. */
export function checkpointText(checkpoint: Checkpoint): string {
  return checkpoint.kind === 'timestamp' ? isoTime(checkpoint.atMilliseconds) : formatCheckpoint(checkpoint);
}

/** A checkpoint in at most 24 characters. */
export function shortCheckpoint(checkpoint: Checkpoint): string {
  if (checkpoint.kind === 'timestamp') return isoTime(checkpoint.atMilliseconds);
  if (checkpoint.kind !== 'record') return formatCheckpoint(checkpoint);
  const { sequenceNumber, subSequenceNumber: sub } = checkpoint;
  const shown =
    sequenceNumber.length <= SHOWN_DIGITS + 1 ? sequenceNumber : `…${sequenceNumber.slice(-SHOWN_DIGITS)}`;
  return sub === undefined ? shown : `${shown}:${sub}`;
}

/** Where a shard is read on, as a part of a sentence. */
export function readsOn(checkpoint: Checkpoint): string {
  switch (checkpoint.kind) {
    case 'trim_horizon':
      return 'at the oldest record of the stream';
    case 'timestamp':
      return `at the first record from ${isoTime(checkpoint.atMilliseconds)} on`;
    case 'record':
      return `after record ${shortCheckpoint(checkpoint)}`;
    case 'shard_end':
      return 'nowhere: the shard counts as done';
  }
}
