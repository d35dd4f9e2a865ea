import { type Checkpoint, isDone } from '../../../services/stream/checkpoint.ts';
import { iteratorStart } from '../../../services/stream/read/shard-reader.ts';
import type { StreamRecord } from '../../../services/stream/record.ts';
import type { Desk } from '../desk.ts';
import { firstRecords } from '../record-at.ts';

/** The next record of a shard that is to be done. */
export interface NextRecord {
  readonly record: StreamRecord;
  /** True if more parts of its aggregate follow. */
  readonly hasMore: boolean;
  /** True if it is a part of an aggregate of more than one record. */
  readonly isPart: boolean;
}

/** Undefined if everything in the shard is done. */
export async function nextRecord(
  desk: Desk,
  shardId: string,
  checkpoint: Exclude<Checkpoint, { kind: 'shard_end' }>,
): Promise<NextRecord | undefined> {
  const first = await nextOf(desk, shardId, checkpoint);
  if (first !== undefined || checkpoint.kind !== 'record') return first;
  // All parts of the aggregate are done.
  return nextOf(desk, shardId, { kind: 'record', sequenceNumber: checkpoint.sequenceNumber });
}

async function nextOf(
  desk: Desk,
  shardId: string,
  checkpoint: Exclude<Checkpoint, { kind: 'shard_end' }>,
): Promise<NextRecord | undefined> {
  const parts = await firstRecords(desk, shardId, iteratorStart(checkpoint));
  const left = parts.filter((part) => !isDone(checkpoint, part));
  const [record] = left;
  return record && { record, hasMore: left.length > 1, isPart: parts.length > 1 };
}
