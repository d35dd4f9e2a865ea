import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
  type Shard as KinesisShard,
  ListShardsCommand,
  type ListShardsCommandInput,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ServiceClock } from '../../shared/service-clock.ts';
import { arnMember, streamArnOf, streamMember } from '../../shared/stream-reference.ts';
import type { StreamRecord } from '../record.ts';
import { behindOf } from './behind.ts';
import { createKinesisClient, type StreamClientOptions, withDefaults } from './create-kinesis-client.ts';
import { KinesisEndpoints } from './kinesis-endpoints.ts';
import { toPlacements, toRefusals } from './placements.ts';
import type {
  AssertAllowed,
  IteratorStart,
  Placement,
  PutEntry,
  PutRefusal,
  ReadResult,
  Shard,
  StreamClient,
  StreamDescription,
} from './stream-client.ts';
import { StreamError } from './stream-error.ts';

/** Kinesis through the AWS SDK. */
export class SdkStreamClient implements StreamClient {
  readonly endpoints: KinesisEndpoints;
  readonly #client: KinesisClient;
  readonly #serviceClock: ServiceClock;

  constructor(options: StreamClientOptions) {
    const shared = withDefaults(options);
    this.#serviceClock = shared.serviceClock;
    // The SDK's default for Kinesis is HTTP/2, which opens a session for each call. Emulators do not speak HTTP/2.
    const requestHandler = new NodeHttpHandler({
      connectionTimeout: options.connectTimeoutMilliseconds,
      requestTimeout: options.requestTimeoutMilliseconds,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 256 },
      httpsAgent: { keepAlive: true, maxSockets: 256 },
    });
    this.#client = createKinesisClient(shared, requestHandler);
    this.endpoints = new KinesisEndpoints(this.#client);
  }

  nowMilliseconds(): number {
    return this.#serviceClock.now();
  }

  async endpoint(stream: string): Promise<string> {
    return (await this.endpoints.of('GetRecords', streamArnOf(stream))).href;
  }

  describe(stream: string, signal: AbortSignal): Promise<StreamDescription> {
    return this.#call(`DescribeStreamSummary ${stream}`, signal, async (options) => {
      const command = new DescribeStreamSummaryCommand(streamMember(stream));
      const { StreamDescriptionSummary: summary } = await this.#client.send(command, options);
      return {
        arn: summary?.StreamARN ?? '',
        retentionMilliseconds: (summary?.RetentionPeriodHours ?? 24) * 3_600_000,
        createdMilliseconds: summary?.StreamCreationTimestamp?.getTime() ?? 0,
      };
    });
  }

  listShards(stream: string, signal: AbortSignal): Promise<readonly Shard[]> {
    return this.#call(`ListShards ${stream}`, signal, async (options) => {
      const shards: Shard[] = [];
      let next: string | undefined;
      do {
        const input = next === undefined ? streamMember(stream) : nextPage(stream, next);
        const page = await this.#client.send(new ListShardsCommand(input), options);
        shards.push(...(page.Shards ?? []).map(toShard));
        next = page.NextToken;
      } while (next !== undefined);
      return shards;
    });
  }

  iterator(stream: string, shardId: string, start: IteratorStart, signal: AbortSignal): Promise<string> {
    return this.#call(`GetShardIterator ${stream} ${shardId}`, signal, async (options) => {
      const command = new GetShardIteratorCommand({
        ...streamMember(stream),
        ShardId: shardId,
        ShardIteratorType: start.type,
        ...('sequenceNumber' in start ? { StartingSequenceNumber: start.sequenceNumber } : {}),
        ...('atMilliseconds' in start ? { Timestamp: new Date(start.atMilliseconds) } : {}),
      });
      const answer = await this.#client.send(command, options);
      return answer.ShardIterator ?? '';
    });
  }

  read(stream: string, iterator: string, limit: number, signal: AbortSignal): Promise<ReadResult> {
    return this.#call('GetRecords', signal, async (options) => {
      const command = new GetRecordsCommand({ ...arnMember(stream), ShardIterator: iterator, Limit: limit });
      const answer = await this.#client.send(command, options);
      return {
        records: (answer.Records ?? []).map((record) => toRecord(record, this.nowMilliseconds())),
        // Emulators send null at the end of a shard.
        nextIterator: answer.NextShardIterator ?? undefined,
        namesChildren: (answer.ChildShards ?? []).length > 0,
        behindMilliseconds: behindOf(answer.MillisBehindLatest),
      };
    });
  }

  async put(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
    assertAllowed?: AssertAllowed,
  ): Promise<readonly (PutRefusal | undefined)[]> {
    return toRefusals(await this.place(stream, entries, signal, assertAllowed));
  }

  place(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
    assertAllowed: AssertAllowed = () => {},
  ): Promise<readonly Placement[]> {
    return this.#call(`PutRecords ${stream}`, signal, async (options) => {
      const command = new PutRecordsCommand({
        ...streamMember(stream),
        Records: entries.map((entry) => ({ PartitionKey: entry.partitionKey, Data: entry.data })),
      });
      // The last middleware before the request is sent.
      command.middlewareStack.add(
        (next) => (args) => {
          assertAllowed();
          return next(args);
        },
        { step: 'deserialize', priority: 'low' },
      );
      const { Records: results = [] } = await this.#client.send(command, options);
      return toPlacements(entries, results);
    });
  }

  close(): void {
    this.#client.destroy();
  }

  async #call<T>(
    name: string,
    signal: AbortSignal,
    send: (options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await send({ abortSignal: signal });
    } catch (error) {
      throw sdkFailure(name, error, signal);
    }
  }
}

/** The error to throw for an SDK call that failed with `error`: a StreamError, or the signal's reason if it aborted. */
export function sdkFailure(call: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const { name, message } = error as Error;
  return StreamError.named(call, name, message, error);
}

/** A token and a name refuse each other. A token of another account's stream needs the ARN. */
function nextPage(stream: string, token: string): ListShardsCommandInput {
  return { ...arnMember(stream), NextToken: token };
}

function toShard(shard: KinesisShard): Shard {
  return {
    shardId: shard.ShardId ?? '',
    parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter(
      (id) => id !== undefined && id !== null,
    ),
    hashRange: {
      start: shard.HashKeyRange?.StartingHashKey ?? '0',
      end: shard.HashKeyRange?.EndingHashKey ?? '0',
    },
    closed: Boolean(shard.SequenceNumberRange?.EndingSequenceNumber),
  };
}

/**
 * @param nowMilliseconds stands for the time of arrival if the record has none, because the API does not promise one
 * @throws if a member that the API promises is missing
 */
export function toRecord(record: KinesisRecord, nowMilliseconds: number): StreamRecord {
  const { Data: data, PartitionKey: partitionKey, SequenceNumber: sequenceNumber } = record;
  if (!data || !partitionKey || !sequenceNumber)
    throw new Error('the answer holds a record without Data, PartitionKey or SequenceNumber');
  const arrival = record.ApproximateArrivalTimestamp?.getTime();
  return {
    data,
    partitionKey,
    sequenceNumber,
    subSequenceNumber: 0,
    arrivalMilliseconds: arrival === undefined || Number.isNaN(arrival) ? nowMilliseconds : arrival,
  };
}
