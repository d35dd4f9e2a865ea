import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/logging.ts';
import type { RecordProcessor } from '../../record.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { FanOutClient } from '../client/fan-out-client.ts';
import type { StreamClient, StreamDescription } from '../client/stream-client.ts';
import type { ShardLease } from '../lease/shard-lease.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { StreamSettings } from '../settings.ts';
import type { StreamHealth } from '../stream-health.ts';
import { AggregatedOutput } from './aggregated-output.ts';
import { BatchProcessor } from './batch-processor.ts';
import { ByteBudget } from './byte-budget.ts';
import { FallbackReader } from './fallback-reader.ts';
import { FanOutReader } from './fan-out-reader.ts';
import { PlainOutput } from './plain-output.ts';
import { PollingReader } from './polling-reader.ts';
import { RecordWriter } from './record-writer.ts';
import { RegisteredConsumer } from './registered-consumer.ts';
import { ShardConsumer } from './shard-consumer.ts';
import { PositionLost, type ShardReader } from './shard-reader.ts';
import type { WriteGuard } from './write-guard.ts';

export interface ShardConsumerFactoryOptions {
  readonly settings: StreamSettings;
  readonly client: StreamClient;
  /** Undefined: shards are polled. */
  readonly fanOut: FanOutClient | undefined;
  /** Of the process. */
  readonly signal: AbortSignal;
  readonly processor: RecordProcessor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Makes the consumer of a shard, with what all shards of the process share. */
export class ShardConsumerFactory {
  readonly #options: ShardConsumerFactoryOptions;
  readonly #batches: BatchProcessor;
  readonly #decisions: RecordWriter;
  readonly #rejections: RecordWriter;
  readonly #budget: ByteBudget;
  #registered: RegisteredConsumer | undefined;
  #retentionMilliseconds = Number.POSITIVE_INFINITY;

  constructor(options: ShardConsumerFactoryOptions) {
    const { settings, metrics } = options;
    this.#options = options;
    const { client } = options;
    const DecisionOutput = settings.OUTPUT_AGGREGATION === 'kpl' ? AggregatedOutput : PlainOutput;
    const decisions = new DecisionOutput(client, settings.OUTPUT_STREAM);
    this.#decisions = new RecordWriter({ ...options, output: decisions });
    this.#rejections = new RecordWriter({
      ...options,
      output: new PlainOutput(client, settings.REJECT_STREAM),
    });
    this.#budget = new ByteBudget(settings.MAX_IN_FLIGHT_BYTES, (bytes) => metrics.inFlightBytes.set(bytes));
    this.#batches = new BatchProcessor({
      ...options,
      policy: {
        maximumRetries: settings.MAX_RETRIES,
        maximumAgeMilliseconds:
          settings.MAX_RECORD_AGE_SECONDS < 0 ? undefined : settings.MAX_RECORD_AGE_SECONDS * 1000,
        bisect: settings.BISECT_ON_ERROR,
      },
    });
  }

  describe({ arn, retentionMilliseconds }: StreamDescription): void {
    const { settings, fanOut } = this.#options;
    this.#retentionMilliseconds = retentionMilliseconds;
    this.#registered =
      fanOut &&
      new RegisteredConsumer({
        ...this.#options,
        client: fanOut,
        streamArn: arn,
        name: settings.CONSUMER_GROUP,
      });
  }

  /** @throws PositionLost where records may have been deleted unread */
  create(lease: ShardLease, guard: WriteGuard): ShardConsumer {
    const { settings } = this.#options;
    return new ShardConsumer({
      ...this.#options,
      stream: settings.INPUT_STREAM,
      shardId: lease.shardId,
      epoch: lease.epoch,
      checkpoint: this.#start(lease),
      doneThroughMilliseconds: lease.doneThroughMilliseconds,
      reader: this.#reader(lease.shardId),
      batches: this.#batches,
      decisions: this.#decisions,
      rejections: this.#rejections,
      guard,
      budget: this.#budget,
      batchSize: settings.BATCH_SIZE,
      windowMilliseconds: settings.BATCH_WINDOW_MILLISECONDS,
      parallelism: settings.PARALLELIZATION_FACTOR,
    });
  }

  #start({ shardId, checkpoint, doneThroughMilliseconds }: ShardLease): ShardStart {
    if (checkpoint.kind === 'shard_end') throw new Error(`${shardId} is done`);
    const ageMilliseconds = this.#options.clock.now() - doneThroughMilliseconds;
    // Kinesis gives an iterator for a deleted sequence number, and silently begins at the oldest record.
    if (checkpoint.kind !== 'record' || ageMilliseconds <= this.#retentionMilliseconds) return checkpoint;
    const { settings, logger } = this.#options;
    const message = `${shardId}: all that arrived before ${new Date(doneThroughMilliseconds).toISOString()} is done, but the stream keeps records for ${this.#retentionMilliseconds / 3_600_000} h only`;
    if (settings.ON_TRIMMED === 'stop') throw new PositionLost(message);
    logger.error({ shardId }, `${message}; reading on from the oldest record`);
    return { kind: 'trim_horizon' };
  }

  #reader(shardId: string): ShardReader {
    const { settings, fanOut } = this.#options;
    const common = { ...this.#options, stream: settings.INPUT_STREAM, shardId, budget: this.#budget };
    const polling = new PollingReader({
      ...common,
      limit: settings.READ_LIMIT,
      skipLost: settings.ON_TRIMMED === 'continue',
      intervalMilliseconds: settings.POLL_INTERVAL_MILLISECONDS,
    });
    if (fanOut === undefined || this.#registered === undefined) return polling;
    const pushed = new FanOutReader({ ...common, client: fanOut, consumer: this.#registered });
    return new FallbackReader({ ...common, fanOut: pushed, polling });
  }
}

type ShardStart = Exclude<Checkpoint, { kind: 'shard_end' }>;
