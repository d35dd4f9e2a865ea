import type { StreamRecord } from '../record.ts';
import type { IteratorStart } from './stream-client.ts';

/** A consumer that is registered with a stream for enhanced fan-out. */
export interface FanOutConsumer {
  readonly arn: string;
  /** Only an active consumer may subscribe. */
  readonly status: 'CREATING' | 'ACTIVE' | 'DELETING';
}

export interface FanOutEvent {
  /** As stored: aggregates are not opened, and `subSequenceNumber` is 0. Empty if the event only shows that the stream lives. */
  readonly records: readonly StreamRecord[];
  /** Sequence number after which the next subscription goes on. Undefined at the end of a closed shard. */
  readonly continuation: string | undefined;
  /** True if the answer names the child shards. Kinesis does so at the end of a closed shard alone. */
  readonly namesChildren: boolean;
  /** How far this event is behind the newest record of the shard. */
  readonly behindMilliseconds: number;
}

/**
 * Enhanced fan-out: Kinesis pushes the records of a shard to a registered consumer. No call is retried inside, as in
 * StreamClient. A failed call throws a StreamError, or the signal's reason once the signal aborted.
 */
export interface FanOutClient {
  /** Fails with kind `not_found` if no consumer has this name. */
  describeConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer>;
  /** Fails with kind `in_use` if a consumer has this name already. */
  registerConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer>;
  /**
   * One subscription, which Kinesis ends after five minutes. It reads only the events that the caller takes. The
   * connection is held until the end of the subscription, or until `signal` aborts.
   */
  subscribe(
    consumerArn: string,
    shardId: string,
    start: IteratorStart,
    signal: AbortSignal,
  ): AsyncIterable<FanOutEvent>;
  close(): void;
}
