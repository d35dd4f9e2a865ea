import {
  type Consumer,
  DescribeStreamConsumerCommand,
  type KinesisClient,
  RegisterStreamConsumerCommand,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { behindOf } from './behind.ts';
import {
  createKinesisClient,
  type SharedClientOptions,
  type StreamClientOptions,
  withDefaults,
} from './create-kinesis-client.ts';
import type { FanOutClient, FanOutConsumer, FanOutEvent } from './fan-out-client.ts';
import { KinesisEndpoints } from './kinesis-endpoints.ts';
import { sdkFailure, toRecord } from './sdk-stream-client.ts';
import type { IteratorStart } from './stream-client.ts';

export interface FanOutClientOptions extends StreamClientOptions {
  /** @default by the protocol of the resolved endpoint: HTTP/2, which Kinesis speaks, or HTTP/1.1 for http:, as emulators do */
  readonly transport?: 'http1' | 'http2';
}

/** Enhanced fan-out through the AWS SDK. Each subscription has a connection of its own. */
export class SdkFanOutClient implements FanOutClient {
  readonly #options: FanOutClientOptions & SharedClientOptions;
  #connecting: Promise<KinesisClient> | undefined;

  constructor(options: FanOutClientOptions) {
    this.#options = { ...options, ...withDefaults(options) };
  }

  async describeConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer> {
    const command = new DescribeStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name });
    try {
      const { ConsumerDescription } = await (await this.#client()).send(command, this.#timely(signal));
      return toConsumer(ConsumerDescription);
    } catch (error) {
      throw sdkFailure(`DescribeStreamConsumer ${name}`, error, signal);
    }
  }

  async registerConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer> {
    const command = new RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name });
    try {
      const { Consumer } = await (await this.#client()).send(command, this.#timely(signal));
      return toConsumer(Consumer);
    } catch (error) {
      throw sdkFailure(`RegisterStreamConsumer ${name}`, error, signal);
    }
  }

  async *subscribe(
    consumerArn: string,
    shardId: string,
    start: IteratorStart,
    signal: AbortSignal,
  ): AsyncGenerator<FanOutEvent, void> {
    const command = new SubscribeToShardCommand({
      ConsumerARN: consumerArn,
      ShardId: shardId,
      StartingPosition: toStartingPosition(start),
    });
    try {
      const { EventStream: events = [] } = await (await this.#client()).send(command, {
        abortSignal: signal,
      });
      for await (const { SubscribeToShardEvent: event } of events)
        if (event) yield toEvent(event, this.#options.serviceClock.now());
      // An aborted HTTP/2 stream looks like an HTTP/2 stream that ended.
      signal.throwIfAborted();
    } catch (error) {
      throw sdkFailure(`SubscribeToShard ${shardId}`, error, signal);
    }
  }

  close(): void {
    this.#connecting?.then(
      (client) => client.destroy(),
      () => {},
    );
  }

  /** The protocol depends on the endpoint, which the SDK resolves. */
  #client(): Promise<KinesisClient> {
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  async #connect(): Promise<KinesisClient> {
    const overHttp1 = createKinesisClient(this.#options, http1Handler(this.#options));
    const transport = this.#options.transport ?? (await transportTo(overHttp1));
    if (transport === 'http1') return overHttp1;
    overHttp1.destroy();
    return createKinesisClient(this.#options, new NodeHttp2Handler());
  }

  /** Adds a time-out to a call. The time-outs of the HTTP/2 handler would end subscriptions that are not read for a while. */
  #timely(signal: AbortSignal): { abortSignal: AbortSignal } {
    return {
      abortSignal: AbortSignal.any([signal, AbortSignal.timeout(this.#options.requestTimeoutMilliseconds)]),
    };
  }
}

async function transportTo(client: KinesisClient): Promise<'http1' | 'http2'> {
  const { protocol } = await new KinesisEndpoints(client).of('GetRecords');
  return protocol === 'http:' ? 'http1' : 'http2';
}

function http1Handler(options: StreamClientOptions): NodeHttpHandler {
  // Each subscription holds a socket, so their number must not be limited.
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  return new NodeHttpHandler({
    connectionTimeout: options.connectTimeoutMilliseconds,
    requestTimeout: options.requestTimeoutMilliseconds,
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: agent,
  });
}

function toConsumer(consumer: Consumer | undefined): FanOutConsumer {
  return { arn: consumer?.ConsumerARN ?? '', status: consumer?.ConsumerStatus ?? 'CREATING' };
}

function toStartingPosition(start: IteratorStart): StartingPosition {
  return {
    Type: start.type,
    ...('sequenceNumber' in start ? { SequenceNumber: start.sequenceNumber } : {}),
    ...('atMilliseconds' in start ? { Timestamp: new Date(start.atMilliseconds) } : {}),
  };
}

function toEvent(event: SubscribeToShardEvent, nowMilliseconds: number): FanOutEvent {
  const continuation = event.ContinuationSequenceNumber || undefined;
  const namesChildren = (event.ChildShards ?? []).length > 0;
  // An event that ends the shard has children and no continuation. An event with both contradicts itself.
  if (namesChildren && continuation !== undefined) {
    throw new Error(
      `SubscribeToShard: an event has continuation ${continuation} and ${event.ChildShards?.length} child shards; at most one of them is possible`,
    );
  }
  return {
    records: (event.Records ?? []).map((record) => toRecord(record, nowMilliseconds)),
    continuation,
    namesChildren,
    behindMilliseconds: behindOf(event.MillisBehindLatest),
  };
}
