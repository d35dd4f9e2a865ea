import { backoffMilliseconds } from '../../shared/backoff.ts';
import { type Clock, endSleep } from '../../shared/clock.ts';
import { streamNameOf } from '../../shared/stream-reference.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import type { FanOutClient, FanOutEvent } from '../client/fan-out-client.ts';
import type { IteratorStart } from '../client/stream-client.ts';
import { StreamError, type StreamErrorKind } from '../client/stream-error.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { ByteShare } from './byte-budget.ts';
import type { EndProof } from './end-proof.ts';
import { readBytes } from './read-memory.ts';
import type { RegisteredConsumer } from './registered-consumer.ts';
import type { RetentionCheck } from './retention-check.ts';
import {
  FanOutUnavailable,
  positionAfter,
  readFailure,
  type ShardRead,
  type ShardReader,
} from './shard-reader.ts';

/** SubscribeToShard allows one call a second for each shard. */
const SUBSCRIBE_MILLISECONDS = 1_000;
/** A subscription without an event for this long is replaced. Even an idle shard sends an event every few seconds. */
const SILENCE_MILLISECONDS = 30_000;
/** Failures in a row after which fan-out counts as not possible. */
const MAXIMUM_FAILURES = 5;
/** Tries, one a second, while the shard is in use. Kinesis lets us take over a subscription that is five seconds old. */
const MAXIMUM_IN_USE = 30;
const BACKOFF = { baseMilliseconds: 1_000, maximumMilliseconds: 10_000 };

export interface FanOutReaderOptions {
  readonly client: FanOutClient;
  readonly consumer: RegisteredConsumer;
  readonly stream: string;
  readonly shardId: string;
  readonly retention: RetentionCheck;
  readonly end: EndProof;
  readonly share: ByteShare;
  readonly clock: Clock;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/**
 * Reads a shard by enhanced fan-out, with one subscription after another. If the position is no longer in the stream, this
 * reader gives up, and the polling reader decides what follows.
 */
export class FanOutReader implements ShardReader {
  readonly #options: FanOutReaderOptions;

  constructor(options: FanOutReaderOptions) {
    this.#options = options;
  }

  /** @throws FanOutUnavailable, in addition to the errors of every reader */
  async *read(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ShardRead, void> {
    const { metrics, health } = this.#options;
    metrics.reading.inc({ mode: 'fan-out' });
    try {
      yield* this.#readOn(start, signal);
    } finally {
      metrics.reading.dec({ mode: 'fan-out' });
      health.ended(this.#part);
    }
  }

  async *#readOn(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ShardRead, void> {
    const { clock, share, health, retention, end } = this.#options;
    let position = start;
    for (let failures = 0; ; ) {
      const startedAt = clock.monotonic();
      let failure: unknown = new StreamError(
        'unavailable',
        'SubscribeToShard: the subscription ended without an event',
      );
      try {
        for await (const event of this.#subscription(position, signal)) {
          if (event.continuation !== undefined) failures = 0;
          failure = undefined;
          retention.delivered(event);
          health.succeeded(this.#part);
          // The size of a pushed event is known only when the event is in memory. If this shard has records in flight, the
          // event waits here, and no event is read behind it.
          const bytes = readBytes(event.records);
          share.add(bytes - (await share.reserve(bytes, signal)));
          yield { ...event, ended: event.continuation === undefined };
          if (event.continuation === undefined) {
            position = positionAfter(event, position);
            failure = await end.doubt(event, signal);
            if (failure === undefined) return;
            break;
          }
          position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: event.continuation };
        }
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
      if (failure !== undefined) await this.#recover(failure, ++failures, signal);
      const left = startedAt + SUBSCRIBE_MILLISECONDS - clock.monotonic();
      if (left > 0) await clock.sleep(left, signal);
    }
  }

  /** One subscription. Its connection is closed when the generator ends, for whatever reason. */
  async *#subscription(position: IteratorStart, signal: AbortSignal): AsyncGenerator<FanOutEvent, void> {
    const { client, consumer, shardId, retention } = this.#options;
    await retention.assertKept(signal);
    const arn = await consumer.arn(signal);
    const closing = new AbortController();
    const either = AbortSignal.any([signal, closing.signal]);
    try {
      const events = client.subscribe(arn, shardId, position, either)[Symbol.asyncIterator]();
      for (;;) {
        const next = await this.#unlessSilent(events.next(), signal);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      closing.abort(new Error('the subscription is not needed any more'));
    }
  }

  async #unlessSilent<T>(next: Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, shardId } = this.#options;
    const timer = new AbortController();
    const silence = clock.sleep(SILENCE_MILLISECONDS, timer.signal).then(() => {
      const seconds = SILENCE_MILLISECONDS / 1000;
      throw new StreamError('unavailable', `SubscribeToShard ${shardId}: no event for ${seconds} s`);
    });
    try {
      return await unlessAborted(Promise.race([next, silence]), signal);
    } finally {
      endSleep(timer);
      silence.catch(() => {});
      next.catch(() => {});
    }
  }

  /** Returns, after a wait, if another try makes sense. Otherwise throws. */
  async #recover(error: unknown, failuresInRow: number, signal: AbortSignal): Promise<void> {
    const { consumer, clock, health, metrics } = this.#options;
    if (!(error instanceof StreamError)) throw error;
    const next = afterFanOutFailure(error.kind, failuresInRow);
    if (next === 'give_up') throw new FanOutUnavailable(error);
    const operation = 'SubscribeToShard';
    metrics.readFailures.inc(readFailure(error));
    if (error.kind === 'throttled') metrics.throttles.inc({ operation });
    else metrics.retries.inc({ operation });
    if (error.kind === 'not_found') consumer.forget();
    if (next === 'wait') return;
    if (error.kind !== 'throttled') health.failed(this.#part, error);
    await clock.sleep(backoffMilliseconds(failuresInRow - 1, BACKOFF), signal);
  }

  get #part(): string {
    const { stream, shardId } = this.#options;
    return `read ${streamNameOf(stream)} ${shardId}`;
  }
}

/**
 * What to do when a subscription was refused or broke. `wait`: try again a second after the last try. `back_off`: wait with
 * exponential back-off. `give_up`: fan-out is not possible, so poll.
 */
function afterFanOutFailure(kind: StreamErrorKind, failuresInRow: number): 'wait' | 'back_off' | 'give_up' {
  switch (kind) {
    // A person has to change something.
    case 'denied':
    case 'unsupported':
    case 'invalid':
      return 'give_up';
    case 'in_use':
      return failuresInRow >= MAXIMUM_IN_USE ? 'give_up' : 'wait';
    default:
      return failuresInRow >= MAXIMUM_FAILURES ? 'give_up' : 'back_off';
  }
}
