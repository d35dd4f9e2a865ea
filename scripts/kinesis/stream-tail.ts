import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { systemClock } from '../../services/shared/clock.ts';
import { arnMember, streamMember } from '../../services/shared/stream-reference.ts';
import { openAggregates } from '../../services/stream/kpl/aggregate.ts';
import type { StreamRecord } from '../../services/stream/record.ts';

export interface TailedRecord extends StreamRecord {
  readonly shardId: string;
}

/** Kinesis allows 5 calls of GetRecords a second and shard. */
const POLL_MILLISECONDS = 220;

/**
 * Reads the records that are put on a stream after `open`. Scripts and tests wait for answers with it: it has no
 * leases and no checkpoints, and does not follow resharding. A KPL aggregate comes as its single records.
 */
export class StreamTail {
  readonly #client: KinesisClient;
  readonly #stream: string;
  readonly #iterators: Map<string, string>;

  private constructor(client: KinesisClient, stream: string, iterators: Map<string, string>) {
    this.#client = client;
    this.#stream = stream;
    this.#iterators = iterators;
  }

  /** Once the promise resolves, no later record is missed. */
  static async open(client: KinesisClient, stream: string): Promise<StreamTail> {
    const { Shards: shards = [] } = await client.send(new ListShardsCommand(streamMember(stream)));
    const open = shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined);
    const iterators = new Map<string, string>();
    for (const { ShardId: shardId } of open) {
      const request = { ...streamMember(stream), ShardId: shardId, ShardIteratorType: 'LATEST' } as const;
      const { ShardIterator: iterator } = await client.send(new GetShardIteratorCommand(request));
      if (shardId !== undefined && iterator !== undefined) iterators.set(shardId, iterator);
    }
    return new StreamTail(client, stream, iterators);
  }

  /** Hands every new record to `onRecord` until `signal` aborts. */
  async follow(onRecord: (record: TailedRecord) => void, signal: AbortSignal): Promise<void> {
    const shards = [...this.#iterators.keys()].map((shardId) => this.#followShard(shardId, onRecord, signal));
    await Promise.all(shards);
  }

  async #followShard(
    shardId: string,
    onRecord: (record: TailedRecord) => void,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      for (let iterator = this.#iterators.get(shardId); iterator !== undefined; ) {
        const answer = await this.#client.send(
          new GetRecordsCommand({ ...arnMember(this.#stream), ShardIterator: iterator }),
          {
            abortSignal: signal,
          },
        );
        for (const record of openAggregates((answer.Records ?? []).map(streamRecord)))
          onRecord({ ...record, shardId });
        iterator = answer.NextShardIterator;
        await systemClock.sleep(POLL_MILLISECONDS, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function streamRecord(record: KinesisRecord): StreamRecord {
  return {
    sequenceNumber: record.SequenceNumber ?? '',
    subSequenceNumber: 0,
    partitionKey: record.PartitionKey ?? '',
    arrivalMilliseconds: record.ApproximateArrivalTimestamp?.getTime() ?? Number.NaN,
    data: record.Data ?? new Uint8Array(),
  };
}
