import type {
  Placement,
  PutEntry,
  Shard,
  StreamClient,
} from '../../../services/stream/client/stream-client.ts';
import { openAggregates } from '../../../services/stream/kpl/aggregate.ts';
import type { StreamRecord } from '../../../services/stream/record.ts';
import type { FakeShard } from '../kinesis-fake/fake-shard.ts';
import { type FakeStream, hashKeyOf } from '../kinesis-fake/fake-stream.ts';

export function shardsOf(stream: FakeStream): Shard[] {
  return stream.shards.map(({ span, endSequence }) => ({
    shardId: span.shardId,
    parents: span.parents,
    hashRange: { start: String(span.startHash), end: String(span.endHash) },
    closed: endSequence !== undefined,
  }));
}

/** Writes straight to `stream`. `refuse` says of each record whether it is refused. */
export function fakeOutputClient(
  stream: FakeStream,
  refuse: (entry: PutEntry) => boolean = () => false,
): Pick<StreamClient, 'listShards' | 'place'> {
  return {
    listShards: async () => shardsOf(stream),
    place: async (_stream, entries) =>
      entries.map((entry): Placement => {
        if (refuse(entry)) return { code: 'InternalFailure', message: '' };
        const shard = stream.shardFor(entry.partitionKey);
        const { partitionKey, data } = entry;
        const { sequenceNumber } = stream.put(shard, partitionKey, Buffer.from(data).toString('base64'));
        return { shardId: shard.span.shardId, sequenceNumber };
      }),
  };
}

/** The records of the shard, unpacked from their aggregates. */
export function recordsOf(shard: FakeShard): readonly StreamRecord[] {
  const stored = shard.all().map(({ json, sequenceNumber, arrivalMilliseconds }) => {
    const { Data, PartitionKey: partitionKey } = JSON.parse(json);
    const data = Buffer.from(Data, 'base64');
    return { data, partitionKey, sequenceNumber, subSequenceNumber: 0, arrivalMilliseconds };
  });
  return openAggregates(stored);
}

/** The records that the Kinesis Client Library gives: those whose key belongs to the shard. */
export function ownRecordsOf(shard: FakeShard): readonly StreamRecord[] {
  return recordsOf(shard).filter(({ partitionKey }) => shard.covers(hashKeyOf(partitionKey)));
}
