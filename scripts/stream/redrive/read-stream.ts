import type { IteratorStart } from '../../../services/stream/client/stream-client.ts';
import { isStreamError } from '../../../services/stream/client/stream-error.ts';
import { openAggregates } from '../../../services/stream/kpl/aggregate.ts';
import type { StreamRecord } from '../../../services/stream/record.ts';
import type { Desk } from '../desk.ts';

const READ_LIMIT = 1_000;
/** Kinesis allows five reads a second and shard, for all its consumers. */
const READ_MILLISECONDS = 220;

/** The records of a stream up to now, shard by shard, each in the order of its shard. It notes no position. */
export async function* readStream(
  desk: Desk,
  stream: string,
  start: IteratorStart,
): AsyncGenerator<StreamRecord> {
  const until = desk.clock.now();
  for (const { shardId } of await desk.client.listShards(stream, desk.signal))
    yield* readShard(desk, stream, shardId, start, until);
}

async function* readShard(
  { client, clock, signal }: Desk,
  stream: string,
  shardId: string,
  start: IteratorStart,
  untilMilliseconds: number,
): AsyncGenerator<StreamRecord> {
  let position = start;
  let iterator: string | undefined = await client.iterator(stream, shardId, position, signal);
  while (iterator !== undefined) {
    try {
      const answer = await client.read(stream, iterator, READ_LIMIT, signal);
      const last = answer.records.at(-1);
      if (last) position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last.sequenceNumber };
      yield* openAggregates(answer.records);
      // Some emulators always report the tip. An empty read at the tip ends the shard for all of them.
      const isAtTip = answer.behindMilliseconds === 0 && last === undefined;
      if (isAtTip || (last && last.arrivalMilliseconds > untilMilliseconds)) return;
      iterator = answer.nextIterator;
      if (last === undefined || answer.behindMilliseconds > 0) await clock.sleep(READ_MILLISECONDS, signal);
    } catch (error) {
      if (!isStreamError(error, 'expired_iterator')) throw error;
      iterator = await client.iterator(stream, shardId, position, signal);
    }
  }
}
