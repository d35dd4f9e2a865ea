import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';

export interface StoredRecord {
  readonly shardId: string;
  readonly partitionKey: string;
  readonly data: Buffer;
}

/** All that a stream holds now, shard by shard, each in order. */
export async function readStream(client: KinesisClient, stream: string): Promise<StoredRecord[]> {
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const parts = await Promise.all(shards.map(({ ShardId }) => readShard(client, stream, ShardId ?? '')));
  return parts.flat();
}

async function readShard(client: KinesisClient, stream: string, shardId: string): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  const start = { StreamName: stream, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  let { ShardIterator: iterator } = await client.send(new GetShardIteratorCommand(start));
  while (iterator) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    for (const { PartitionKey, Data } of answer.Records ?? []) {
      found.push({ shardId, partitionKey: PartitionKey ?? '', data: Buffer.from(Data ?? []) });
    }
    // Emulators report no lag: the tip is where nothing comes.
    if (answer.Records?.length === 0 && answer.MillisBehindLatest === 0) break;
    iterator = answer.NextShardIterator;
  }
  return found;
}
