import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { streamNameOf } from '../../shared/stream-reference.ts';
import type { IteratorStart, ReadResult, StreamClient } from '../client/stream-client.ts';
import { isStreamError } from '../client/stream-error.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { RetryLog } from '../retry-log.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { ByteShare } from './byte-budget.ts';
import { CallRate } from './call-rate.ts';
import type { EndProof } from './end-proof.ts';
import type { PollPace } from './poll-pace.ts';
import { readBytes } from './read-memory.ts';
import { ReadSize } from './read-size.ts';
import type { RetentionCheck } from './retention-check.ts';
import {
  PositionLost,
  positionAfter,
  readFailure,
  type ShardRead,
  type ShardReader,
} from './shard-reader.ts';

const BACKOFF = { baseMilliseconds: 200, maximumMilliseconds: 10_000 };
/** An expired iterator is no sign of load. So the shard is read again soon after iterators are valid again. */
const EXPIRED_BACKOFF = { baseMilliseconds: 200, maximumMilliseconds: 1_000 };
/** Kinesis allows five calls a second for each shard, of GetRecords and of GetShardIterator alike. */
const ALLOWED = { calls: 5, windowMilliseconds: 1_000 };
/** Kinesis throttles and iterators expire now and then. If it happens this often in a row, the shard is not read. */
const STUCK_FAILURES = 5;
/** Stands for the answer of a shard that is gone and counts as ended. */
const SHARD_END: ReadResult = {
  records: [],
  nextIterator: undefined,
  namesChildren: true,
  behindMilliseconds: 0,
};

export interface PollingReaderOptions {
  readonly client: StreamClient;
  readonly stream: string;
  readonly shardId: string;
  readonly limit: number;
  /** Time from one call to the next. Kinesis allows five calls a second for each shard. */
  readonly intervalMilliseconds: number;
  readonly pace: Pick<PollPace, 'next'>;
  /**
   * If the position is no longer in the stream: true reads on from the oldest record, false rejects with PositionLost.
   * If the shard itself is gone: true ends the read, false rejects with PositionLost.
   */
  readonly skipLost: boolean;
  readonly retention: RetentionCheck;
  readonly end: EndProof;
  readonly share: ByteShare;
  readonly clock: Clock;
  readonly retryLog: RetryLog;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Reads a shard by GetRecords. */
export class PollingReader implements ShardReader {
  readonly #options: PollingReaderOptions;
  readonly #reads: CallRate;
  readonly #iterators: CallRate;

  constructor(options: PollingReaderOptions) {
    const { clock, intervalMilliseconds } = options;
    this.#options = options;
    // An interval below 200 ms is meant for emulators, which have no limit.
    const shortest = ALLOWED.windowMilliseconds / ALLOWED.calls;
    const windowMilliseconds = ALLOWED.calls * Math.min(shortest, intervalMilliseconds);
    this.#reads = new CallRate({ calls: ALLOWED.calls, windowMilliseconds, clock });
    this.#iterators = new CallRate({ ...ALLOWED, clock });
  }

  async *read(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ShardRead, void> {
    const { metrics, health } = this.#options;
    metrics.reading.inc({ mode: 'polling' });
    try {
      yield* this.#readOn(start, signal);
    } finally {
      metrics.reading.dec({ mode: 'polling' });
      health.ended(this.#part);
    }
  }

  async *#readOn(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ShardRead, void> {
    const { clock, pace } = this.#options;
    // The last record delivered, not the last record done: records in flight must not be delivered again.
    let position = start;
    let iterator: string | undefined;
    const size = new ReadSize(this.#options.limit);
    let emptyReads = 0;
    let doubts = 0;
    for (let failures = 0; ; ) {
      const startedAt = clock.monotonic();
      const result = await this.#poll(size, position, iterator, failures, signal);
      if (result instanceof Error) {
        iterator = isStreamError(result, 'throttled') ? iterator : undefined;
        await this.#backOff(result, ++failures, startedAt, position, signal);
        continue;
      }
      failures = 0;
      position = positionAfter(result, position);
      yield { ...result, ended: result.nextIterator === undefined };
      iterator = result.nextIterator;
      if (iterator === undefined) {
        const doubt = await this.#doubt(result, signal);
        if (doubt === undefined) return;
        await this.#backOff(doubt, ++doubts, startedAt, position, signal);
        continue;
      }
      doubts = 0;
      emptyReads = isIdle(result) ? emptyReads + 1 : 0;
      await pace.next(startedAt, emptyReads, signal);
    }
  }

  /** Why a shard whose answer has no next iterator does not count as ended. Undefined if it has ended. */
  async #doubt(result: ReadResult, signal: AbortSignal): Promise<Error | undefined> {
    try {
      return await this.#options.end.doubt(result, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#count(error);
      return error as Error;
    }
  }

  async #backOff(
    error: Error,
    tries: number,
    startedAt: number,
    position: IteratorStart,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, intervalMilliseconds, stream, shardId, retryLog } = this.#options;
    // An iterator expires after a long wait, for example for the output stream. A new iterator then reads on.
    const isExpired = isStreamError(error, 'expired_iterator');
    const atOnce = isExpired && tries === 1;
    const left = startedAt + intervalMilliseconds - clock.monotonic();
    const backoff = backoffMilliseconds(tries - 1, isExpired ? EXPIRED_BACKOFF : BACKOFF);
    const delayMilliseconds = atOnce ? 0 : Math.max(left, backoff);
    const of = { stream: streamNameOf(stream), shardId, ...position };
    retryLog.retried({ operation: 'GetRecords', error, tries, delayMilliseconds, of });
    if (!atOnce) await clock.sleep(delayMilliseconds, signal);
  }

  async #poll(
    size: ReadSize,
    position: IteratorStart,
    iterator: string | undefined,
    failures: number,
    signal: AbortSignal,
  ): Promise<ReadResult | Error> {
    const { retention, health } = this.#options;
    try {
      await retention.assertKept(signal);
      const from = iterator ?? (await this.#iterator(position, signal));
      // A machine that slept for long knows the time again only after an answer or two. Its iterator has expired by then.
      if (iterator === undefined) await retention.assertKept(signal);
      const result = from === undefined ? SHARD_END : await this.#readWithin(size, from, signal);
      retention.delivered(result);
      health.succeeded(this.#part);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PositionLost) throw error;
      this.#count(error);
      const isUsual = isStreamError(error, 'expired_iterator') || isStreamError(error, 'throttled');
      if (!isUsual || failures + 1 >= STUCK_FAILURES) health.failed(this.#part, error);
      return error as Error;
    }
  }

  /** Reads with a reservation in the budget. Afterwards the bytes that were read stay reserved. */
  async #readWithin(size: ReadSize, iterator: string, signal: AbortSignal): Promise<ReadResult> {
    const { client, stream, share } = this.#options;
    let bytes = 0;
    await this.#reads.turn(signal);
    const grantedBytes = await share.reserve(size.guessBytes, signal);
    try {
      const limit = size.recordsWithin(grantedBytes);
      const result = await client.read(stream, iterator, limit, signal);
      bytes = readBytes(result.records);
      size.learn(result.records, limit);
      return result;
    } finally {
      share.add(bytes - grantedBytes);
    }
  }

  /** Undefined if the shard is gone and counts as ended. */
  async #iterator(position: IteratorStart, signal: AbortSignal): Promise<string | undefined> {
    const { stream, shardId, skipLost } = this.#options;
    try {
      return await this.#iteratorAt(position, signal);
    } catch (cause) {
      if (isStreamError(cause, 'not_found') && (await this.#isGone(signal))) {
        if (skipLost) return undefined;
        throw new PositionLost(`${shardId} left the stream ${stream} before it was read to its end`, {
          cause,
        });
      }
      // If the stream was deleted and created again under its old name, it has other sequence numbers.
      // Other invalid requests say nothing about the number: an odd answer may come from a proxy.
      const isUnknown = isStreamError(cause, 'invalid') && cause.reason === 'InvalidArgumentException';
      if (!isUnknown || !('sequenceNumber' in position)) throw cause;
      const message = `${shardId} of the stream ${stream} does not know sequence number ${position.sequenceNumber}`;
      this.#options.retention.tellLoss(message, cause);
      return this.#iteratorAt({ type: 'TRIM_HORIZON' }, signal);
    }
  }

  async #iteratorAt(position: IteratorStart, signal: AbortSignal): Promise<string> {
    const { client, stream, shardId } = this.#options;
    await this.#iterators.turn(signal);
    return client.iterator(stream, shardId, position, signal);
  }

  /** True if only the shard is missing. Kinesis gives the same error for a missing stream, and a new stream lists no shard. */
  async #isGone(signal: AbortSignal): Promise<boolean> {
    const { client, stream, shardId } = this.#options;
    const shards = await client.listShards(stream, signal);
    return shards.length > 0 && shards.every((shard) => shard.shardId !== shardId);
  }

  #count(error: unknown): void {
    const { metrics } = this.#options;
    metrics.readFailures.inc(readFailure(error));
    if (isStreamError(error, 'expired_iterator')) metrics.expiredIterators.inc();
    else if (isStreamError(error, 'throttled')) metrics.throttles.inc({ operation: 'GetRecords' });
    else metrics.retries.inc({ operation: 'GetRecords' });
  }

  get #part(): string {
    const { stream, shardId } = this.#options;
    return `read ${streamNameOf(stream)} ${shardId}`;
  }
}

/** True if the shard has no record that was not read. Kinesis also gives empty reads between records of a long gap. */
function isIdle({ records, behindMilliseconds }: ReadResult): boolean {
  return records.length === 0 && behindMilliseconds === 0;
}
