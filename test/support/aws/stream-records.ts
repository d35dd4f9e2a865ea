import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';

/** Number of records in the shards of a stream that has a few. */
export async function recordCount(client: KinesisClient, StreamName: string): Promise<number> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  const counts = Shards.map(async ({ ShardId }) => {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    return (await client.send(new GetRecordsCommand({ ShardIterator }))).Records?.length ?? 0;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
