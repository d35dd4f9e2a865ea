import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import type { FanOutClient } from '../client/fan-out-client.ts';
import type { StreamClient, StreamDescription } from '../client/stream-client.ts';
import type { ShardLease } from '../lease/shard-lease.ts';
import type { StreamMetrics } from '../metrics.ts';
import { ByteBudget } from '../read/byte-budget.ts';
import { FallbackReader } from '../read/fallback-reader.ts';
import { FanOutReader } from '../read/fan-out-reader.ts';
import { PollingReader } from '../read/polling-reader.ts';
import { RegisteredConsumer } from '../read/registered-consumer.ts';
import { RetentionCheck } from '../read/retention-check.ts';
import type { ShardReader } from '../read/shard-reader.ts';
import type { RecordProcessor } from '../record.ts';
import type { StreamSettings } from '../settings.ts';
import type { StreamHealth } from '../stream-health.ts';
import { AggregatedOutput } from '../write/aggregated-output.ts';
import { PlainOutput } from '../write/plain-output.ts';
import { RecordWriter } from '../write/record-writer.ts';
import type { WriteGuard } from '../write/write-guard.ts';
import { BatchProcessor } from './batch-processor.ts';
import { ShardConsumer } from './shard-consumer.ts';

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

  describe({ arn }: StreamDescription): void {
    const { settings, fanOut } = this.#options;
    this.#registered =
      fanOut &&
      new RegisteredConsumer({
        ...this.#options,
        client: fanOut,
        streamArn: arn,
        name: settings.CONSUMER_GROUP,
      });
  }

  create(lease: ShardLease, guard: WriteGuard): ShardConsumer {
    const { settings } = this.#options;
    const { shardId, checkpoint, doneThroughMilliseconds } = lease;
    if (checkpoint.kind === 'shard_end') throw new Error(`${shardId} is done`);
    return new ShardConsumer({
      ...this.#options,
      stream: settings.INPUT_STREAM,
      shardId,
      hashRange: lease.hashRange,
      epoch: lease.epoch,
      checkpoint,
      doneThroughMilliseconds,
      reader: this.#reader(lease),
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

  #reader({ shardId, doneThroughMilliseconds }: ShardLease): ShardReader {
    const { settings, fanOut } = this.#options;
    const skipLost = settings.ON_TRIMMED === 'continue';
    const shard = { ...this.#options, stream: settings.INPUT_STREAM, shardId };
    const retention = new RetentionCheck({ ...shard, doneThroughMilliseconds, skipLost });
    const common = { ...shard, retention, budget: this.#budget };
    const polling = new PollingReader({
      ...common,
      limit: settings.READ_LIMIT,
      skipLost,
      intervalMilliseconds: settings.POLL_INTERVAL_MILLISECONDS,
    });
    if (fanOut === undefined || this.#registered === undefined) return polling;
    const pushed = new FanOutReader({ ...common, client: fanOut, consumer: this.#registered });
    return new FallbackReader({ ...common, fanOut: pushed, polling });
  }
}
