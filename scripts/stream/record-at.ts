import type { IteratorStart } from '../../services/stream/client/stream-client.ts';
import { isStreamError } from '../../services/stream/client/stream-error.ts';
import { openAggregates } from '../../services/stream/kpl/aggregate.ts';
import type { StreamRecord } from '../../services/stream/record.ts';
import { Refusal } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import { shortShard } from './shard-name.ts';

/** Reads of a shard that may be empty although records follow. */
const MOST_READS = 25;
/** Kinesis allows five reads a second and shard, for all its consumers. */
const READ_MILLISECONDS = 220;

/** Sequence numbers of Kinesis have 56 digits. Some emulators fail on a number that is far shorter, instead of refusing it. */
const FEWEST_DIGITS = 40;

/** All records of the shard that share the sequence number: one, or the parts of an aggregate. @throws Refusal */
export async function recordsAt(
  desk: Desk,
  shardId: string,
  sequenceNumber: string,
): Promise<readonly StreamRecord[]> {
  const records = await firstRecordsAt(desk, shardId, sequenceNumber);
  if (records?.[0]?.sequenceNumber === sequenceNumber) return records;
  throw new Refusal(
    `shard ${shortShard(shardId)} of ${desk.streams.input} has no record ${sequenceNumber}, or no longer: give TRIM_HORIZON for its oldest record`,
  );
}

/**
 * The first records of the shard at this sequence number or after it, all with one sequence number. Empty if there are none.
 * Undefined if the shard cannot have such a sequence number.
 */
export async function firstRecordsAt(
  desk: Desk,
  shardId: string,
  sequenceNumber: string,
): Promise<readonly StreamRecord[] | undefined> {
  if (sequenceNumber.length < FEWEST_DIGITS) return undefined;
  try {
    return await firstRecords(desk, shardId, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber });
  } catch (error) {
    if (isStreamError(error, 'invalid')) return undefined;
    throw error;
  }
}

/** The first records from a position on, all with one sequence number. Empty if there are none. */
export async function firstRecords(
  { client, streams, clock, signal }: Desk,
  shardId: string,
  start: IteratorStart,
): Promise<readonly StreamRecord[]> {
  let iterator: string | undefined = await client.iterator(streams.input, shardId, start, signal);
  for (let reads = 0; iterator !== undefined && reads < MOST_READS; reads++) {
    if (reads > 0) await clock.sleep(READ_MILLISECONDS, signal);
    const answer = await client.read(streams.input, iterator, 1, signal);
    if (answer.records.length > 0) return openAggregates(answer.records);
    if (answer.behindMilliseconds === 0) return [];
    iterator = answer.nextIterator;
  }
  return [];
}
