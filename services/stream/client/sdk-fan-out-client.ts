import {
  type Consumer,
  DescribeStreamConsumerCommand,
  KinesisClient,
  RegisterStreamConsumerCommand,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import type { FanOutClient, FanOutConsumer, FanOutEvent } from './fan-out-client.ts';
import { type StreamClientOptions, sdkFailure, toRecord } from './sdk-stream-client.ts';
import type { IteratorStart } from './stream-client.ts';

export interface FanOutClientOptions extends StreamClientOptions {
  /** @default http2, which Kinesis speaks; http1 if the endpoint is http:, because emulators speak only that */
  readonly transport?: 'http1' | 'http2';
}

/** Enhanced fan-out through the AWS SDK. Each subscription has a connection of its own. */
export class SdkFanOutClient implements FanOutClient {
  readonly #client: KinesisClient;
  readonly #requestTimeoutMilliseconds: number;

  constructor(options: FanOutClientOptions) {
    const { region, endpoint } = options;
    this.#requestTimeoutMilliseconds = options.requestTimeoutMilliseconds;
    const transport = options.transport ?? (endpoint?.startsWith('http:') ? 'http1' : 'http2');
    this.#client = new KinesisClient({
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      requestHandler: transport === 'http2' ? new NodeHttp2Handler() : http1Handler(options),
      maxAttempts: 1,
    });
  }

  async describeConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer> {
    const command = new DescribeStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name });
    try {
      const { ConsumerDescription } = await this.#client.send(command, this.#timely(signal));
      return toConsumer(ConsumerDescription);
    } catch (error) {
      throw sdkFailure(`DescribeStreamConsumer ${name}`, error, signal);
    }
  }

  async registerConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer> {
    const command = new RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name });
    try {
      const { Consumer } = await this.#client.send(command, this.#timely(signal));
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
      const { EventStream: events = [] } = await this.#client.send(command, { abortSignal: signal });
      for await (const { SubscribeToShardEvent: event } of events) if (event) yield toEvent(event);
      // An aborted HTTP/2 stream looks like an HTTP/2 stream that ended.
      signal.throwIfAborted();
    } catch (error) {
      throw sdkFailure(`SubscribeToShard ${shardId}`, error, signal);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  /** Adds a time-out to a call. The time-outs of the HTTP/2 handler would end subscriptions that are not read for a while. */
  #timely(signal: AbortSignal): { abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(this.#requestTimeoutMilliseconds)]) };
  }
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

function toEvent(event: SubscribeToShardEvent): FanOutEvent {
  const continuation = event.ContinuationSequenceNumber || undefined;
  const namesChildren = (event.ChildShards ?? []).length > 0;
  // An event that ends the shard has children and no continuation. An event with both contradicts itself.
  if (namesChildren && continuation !== undefined) {
    throw new Error(
      `SubscribeToShard: an event has continuation ${continuation} and ${event.ChildShards?.length} child shards; at most one of them is possible`,
    );
  }
  return {
    records: (event.Records ?? []).map(toRecord),
    continuation,
    namesChildren,
    behindMilliseconds: event.MillisBehindLatest ?? 0,
  };
}
