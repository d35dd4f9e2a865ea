import type { StreamRecord } from '../record.ts';
import type { IteratorStart } from './stream-client.ts';

/** A consumer that is registered with a stream for enhanced fan-out. */
export interface FanOutConsumer {
  readonly arn: string;
  /** Only an active one may subscribe. */
  readonly status: 'CREATING' | 'ACTIVE' | 'DELETING';
}

export interface FanOutEvent {
  /** As stored: aggregates are not opened, `subSequenceNumber` is 0. Empty in a sign of life. */
  readonly records: readonly StreamRecord[];
  /** The next subscription goes on after it. Undefined at the end of a closed shard. */
  readonly continuation: string | undefined;
  /** How far this event is behind the shard's tip. */
  readonly behindMilliseconds: number;
}

/**
 * Enhanced fan-out: Kinesis pushes a shard's records to a registered consumer. As with StreamClient, nothing is
 * retried inside. Failures are StreamErrors, or the signal's reason once it aborted.
 */
export interface FanOutClient {
  /** Fails as `not_found` where there is none of the name. */
  describeConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer>;
  /** Fails as `in_use` where there is one already. */
  registerConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<FanOutConsumer>;
  /**
   * One subscription, which Kinesis ends after five minutes. Reads no further than it is asked to; the connection
   * is held until the end, or until `signal` aborts.
   */
  subscribe(
    consumerArn: string,
    shardId: string,
    start: IteratorStart,
    signal: AbortSignal,
  ): AsyncIterable<FanOutEvent>;
  close(): void;
}
