import type { FakeShard } from './fake-shard.ts';
import type { FakeStream } from './fake-stream.ts';

/** The child shards that Kinesis names in the last answer of a closed shard. */
export function childShards(stream: FakeStream, shard: FakeShard): object[] {
  return shard.children.map((shardId) => {
    const { span } = stream.shard(shardId);
    return {
      ShardId: shardId,
      ParentShards: span.parents,
      HashKeyRange: { StartingHashKey: String(span.startHash), EndingHashKey: String(span.endHash) },
    };
  });
}
