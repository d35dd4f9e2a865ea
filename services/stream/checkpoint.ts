import type { StreamRecord } from './record.ts';

/** How far a shard is done. */
export type Checkpoint =
  /** Nothing is done: begin with the oldest record that is kept. */
  | { readonly kind: 'trim_horizon' }
  /** Nothing is done: begin with what arrived at this time (milliseconds since the epoch) or later. */
  | { readonly kind: 'timestamp'; readonly atMilliseconds: number }
  /** Done up to and including this record; `subSequenceNumber` only where later records of its aggregate are not. */
  | { readonly kind: 'record'; readonly sequenceNumber: string; readonly subSequenceNumber?: number }
  /** The shard was closed and all of it is done. */
  | { readonly kind: 'shard_end' };

/** `TRIM_HORIZON`, `AT_TIMESTAMP:<milliseconds>`, `<sequence number>`, `<sequence number>:<sub-sequence number>` or `SHARD_END`. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
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

/** @throws where the text is not what formatCheckpoint writes; a person may have edited it */
export function parseCheckpoint(text: string): Checkpoint {
  if (text === 'TRIM_HORIZON') return { kind: 'trim_horizon' };
  if (text === 'SHARD_END') return { kind: 'shard_end' };
  const time = /^AT_TIMESTAMP:(\d+)$/.exec(text);
  if (time) return { kind: 'timestamp', atMilliseconds: Number(time[1]) };
  const record = /^(\d+)(?::(\d+))?$/.exec(text);
  if (!record?.[1])
    throw new Error(`checkpoint ${JSON.stringify(text)} is neither a position nor a sequence number`);
  return record[2] === undefined
    ? { kind: 'record', sequenceNumber: record[1] }
    : { kind: 'record', sequenceNumber: record[1], subSequenceNumber: Number(record[2]) };
}

/** Whether `record`, read from the start that the checkpoint gives, is done already. */
export function isDone(checkpoint: Checkpoint, record: StreamRecord): boolean {
  return (
    checkpoint.kind === 'record' &&
    checkpoint.subSequenceNumber !== undefined &&
    record.sequenceNumber === checkpoint.sequenceNumber &&
    record.subSequenceNumber <= checkpoint.subSequenceNumber
  );
}
