import type { StreamRecord } from './record.ts';

/** How far a shard is done: every record up to the checkpoint is decided or is a dead letter, and that is stored. */
export type Checkpoint =
  /** No record is done. Reading begins at the oldest record that the stream keeps. */
  | { readonly kind: 'trim_horizon' }
  /** No record is done. Reading begins at the first record that arrived at this time (milliseconds since the epoch) or later. */
  | { readonly kind: 'timestamp'; readonly atMilliseconds: number }
  /** Done up to and including this record. `subSequenceNumber` is set only if later records of its aggregate are not done. */
  | { readonly kind: 'record'; readonly sequenceNumber: string; readonly subSequenceNumber?: number }
  /** The shard is closed, and all its records are done. */
  | { readonly kind: 'shard_end' };

/** No later time fits a date of JavaScript. */
const MAXIMUM_MILLISECONDS = 8.64e15;

/**
 * `TRIM_HORIZON`, `AT_TIMESTAMP:<milliseconds>`, `<sequence number>`, `<sequence number>:<sub-sequence number>` or `SHARD_END`.
 * @throws if parseCheckpoint would refuse the text: a store must not hold what no process can read back
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const text = textOf(checkpoint);
  parseCheckpoint(text);
  return text;
}

function textOf(checkpoint: Checkpoint): string {
  switch (checkpoint.kind) {
    case 'trim_horizon':
      return 'TRIM_HORIZON';
    case 'shard_end':
      return 'SHARD_END';
    case 'timestamp':
      return `AT_TIMESTAMP:${checkpoint.atMilliseconds}`;
    case 'record': {
      const { sequenceNumber, subSequenceNumber } = checkpoint;
      return subSequenceNumber === undefined ? sequenceNumber : `${sequenceNumber}:${subSequenceNumber}`;
    }
  }
}

/** @throws if the text is not in the format of formatCheckpoint. A person may have edited it. */
export function parseCheckpoint(text: string): Checkpoint {
  if (text === 'TRIM_HORIZON') return { kind: 'trim_horizon' };
  if (text === 'SHARD_END') return { kind: 'shard_end' };
  const [, time] = /^AT_TIMESTAMP:(\d+)$/.exec(text) ?? [];
  if (time !== undefined && Number(time) <= MAXIMUM_MILLISECONDS)
    return { kind: 'timestamp', atMilliseconds: Number(time) };
  const [, sequenceNumber, sub] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (sequenceNumber === undefined || (sub !== undefined && !Number.isSafeInteger(Number(sub))))
    throw new Error(
      `checkpoint ${JSON.stringify(text)} must be TRIM_HORIZON, SHARD_END, AT_TIMESTAMP:<milliseconds since 1970>, <sequence number> or <sequence number>:<sub-sequence number>`,
    );
  return sub === undefined
    ? { kind: 'record', sequenceNumber }
    : { kind: 'record', sequenceNumber, subSequenceNumber: Number(sub) };
}

/** True if `record` is done already. Reading from within an aggregate delivers its first records again. */
export function isDone(checkpoint: Checkpoint, record: StreamRecord): boolean {
  return (
    checkpoint.kind === 'record' &&
    checkpoint.subSequenceNumber !== undefined &&
    record.sequenceNumber === checkpoint.sequenceNumber &&
    record.subSequenceNumber <= checkpoint.subSequenceNumber
  );
}
