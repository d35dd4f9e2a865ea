import { isStreamError } from '../../services/stream/client/stream-error.ts';
import { openAggregates } from '../../services/stream/kpl/aggregate.ts';
import type { StreamRecord } from '../../services/stream/record.ts';
import type { Desk } from './desk.ts';
import { shortShard } from './shard-name.ts';
import { Refusal } from './usage-error.ts';

/** Reads of a shard that may be empty although records follow. */
const MOST_READS = 25;
/** Kinesis allows five reads a second and shard, for all its consumers. */
const READ_MILLISECONDS = 220;

/** All records of the shard that share the sequence number: one, or the parts of an aggregate. @throws Refusal */
export async function recordsAt(
  desk: Desk,
  shardId: string,
  sequenceNumber: string,
): Promise<readonly StreamRecord[]> {
  const { client, streams, clock, signal } = desk;
  const unknown = `shard ${shortShard(shardId)} of ${streams.input} has no record ${sequenceNumber}, or no longer: give TRIM_HORIZON for its oldest record`;
  let iterator: string | undefined;
  try {
    iterator = await client.iterator(
      streams.input,
      shardId,
      { type: 'AT_SEQUENCE_NUMBER', sequenceNumber },
      signal,
    );
  } catch (error) {
    if (isStreamError(error, 'invalid')) throw new Refusal(unknown);
    throw error;
  }
  for (let reads = 0; iterator !== undefined && reads < MOST_READS; reads++) {
    const answer = await client.read(iterator, 1, signal);
    const [record] = answer.records;
    if (record !== undefined) {
      if (record.sequenceNumber !== sequenceNumber) break;
      return openAggregates([record]);
    }
    if (answer.behindMilliseconds === 0) break;
    iterator = answer.nextIterator;
    await clock.sleep(READ_MILLISECONDS, signal);
  }
  throw new Refusal(unknown);
}
