import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { streamNameOf } from '../../shared/stream-reference.ts';
import type { FanOutClient } from '../client/fan-out-client.ts';
import type { StreamClient } from '../client/stream-client.ts';
import type { ShardLease } from '../lease/shard-lease.ts';
import { unreadSince } from '../lease/unread-since.ts';
import type { StreamMetrics } from '../metrics.ts';
import { ByteBudget, type ByteShare } from '../read/byte-budget.ts';
import { EndProof } from '../read/end-proof.ts';
import { FallbackReader } from '../read/fallback-reader.ts';
import { FanOutReader } from '../read/fan-out-reader.ts';
import { PollPace } from '../read/poll-pace.ts';
import { PollingReader } from '../read/polling-reader.ts';
import { RegisteredConsumer } from '../read/registered-consumer.ts';
import { RetentionCheck } from '../read/retention-check.ts';
import type { ShardReader } from '../read/shard-reader.ts';
import type { RecordProcessor } from '../record.ts';
import { RetryLog } from '../retry-log.ts';
import type { StreamSettings } from '../settings.ts';
import type { StreamHealth } from '../stream-health.ts';
import { AggregatedOutput } from '../write/aggregated-output.ts';
import { DeadLetterWriter } from '../write/dead-letter-writer.ts';
import type { ObjectStore } from '../write/object-store.ts';
import { ObjectWriter } from '../write/object-writer.ts';
import type { Output } from '../write/output.ts';
import { PlainOutput } from '../write/plain-output.ts';
import { RecordWriter } from '../write/record-writer.ts';
import { UnorderedOutput } from '../write/unordered-output.ts';
import type { WriteGuard } from '../write/write-guard.ts';
import { type BatchPolicy, BatchProcessor } from './batch-processor.ts';
import type { Care } from './care.ts';
import { openCarefully } from './careful-opening.ts';
import { CarefulProcessor } from './careful-processor.ts';
import { partJudge } from './part-judge.ts';
import { ProcessorGate } from './processor-gate.ts';
import { RecordTrial, type TrialNotes } from './record-trial.ts';
import { ShardConsumer } from './shard-consumer.ts';
import { SharedProcessor } from './shared-processor.ts';

export interface ShardConsumerFactoryOptions {
  readonly settings: StreamSettings;
  readonly processor: RecordProcessor;
  readonly client: StreamClient;
  /** Undefined means that shards are polled. */
  readonly fanOut: FanOutClient | undefined;
  /** Undefined if ON_FAILURE is unset. */
  readonly objectStore: ObjectStore | undefined;
  readonly streamArn: string;
  /** Aborts when the process stops. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Time of Kinesis. */
  readonly serviceNow: () => number;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** How a shard is read, and whom the consumer tells what of it. */
export interface Reading extends TrialNotes {
  readonly care: Care;
  /** Called with the size of the records that were read. */
  readonly onRead: (bytes: number) => void;
  /** Called once records are done, and with 0 whenever the tip of the shard is reached with nothing in hand. */
  readonly onProgress: (records: number) => void;
}

/** A client for fan-out, and the consumer that is registered with the stream under the group's name. */
interface FanOut {
  readonly client: FanOutClient;
  readonly consumer: RegisteredConsumer;
}

/** Creates the consumers of shards, from what all shards of the process share. */
export class ShardConsumerFactory {
  readonly #options: ShardConsumerFactoryOptions;
  readonly #fanOut: FanOut | undefined;
  readonly #budget: ByteBudget;
  readonly #pace: PollPace;
  readonly #retryLog: RetryLog;
  readonly #gate: ProcessorGate;
  readonly #batches: BatchProcessor;
  readonly #decisions: RecordWriter;
  readonly #deadLetters: DeadLetterWriter;

  constructor(options: ShardConsumerFactoryOptions) {
    const { settings, processor, client, clock, logger, health, metrics } = options;
    this.#options = options;
    this.#fanOut = createFanOut(options);
    this.#budget = new ByteBudget(settings.MAX_IN_FLIGHT_BYTES, (bytes) => metrics.inFlightBytes.set(bytes));
    this.#pace = new PollPace({
      intervalMilliseconds: settings.POLL_INTERVAL_MILLISECONDS,
      maximumMilliseconds: settings.MAX_POLL_INTERVAL_MILLISECONDS,
      clock,
    });
    const retryLog = new RetryLog(logger, clock);
    this.#retryLog = retryLog;
    this.#gate = new ProcessorGate(clock);
    this.#batches = this.#createBatches(new SharedProcessor(processor, this.#gate));
    const writer = (output: Output) => new RecordWriter({ output, clock, retryLog, health, metrics });
    const DecisionOutput = settings.OUTPUT_AGGREGATION === 'kpl' ? AggregatedOutput : PlainOutput;
    this.#decisions = writer(new DecisionOutput(client, settings.OUTPUT_STREAM));
    this.#deadLetters = new DeadLetterWriter({
      records: writer(new UnorderedOutput(client, settings.REJECT_STREAM)),
      objects: this.#createObjectWriter(),
    });
  }

  create(lease: ShardLease, guard: WriteGuard, reading: Reading): ShardConsumer {
    const { settings, processor, clock, serviceNow, logger, health, metrics } = this.#options;
    const { care, onRead, onProgress } = reading;
    const trial = care === 'none' ? undefined : new RecordTrial(reading, this.#gate);
    const { shardId, hashRange, epoch, checkpoint, doneThroughMilliseconds } = lease;
    if (checkpoint.kind === 'shard_end') throw new Error(`${shardId} is read to its end already`);
    const share = this.#budget.share();
    return new ShardConsumer({
      stream: streamNameOf(settings.INPUT_STREAM),
      shardId,
      epoch,
      checkpoint,
      doneThroughMilliseconds,
      reader: this.#createReader(lease, care, share),
      batches:
        trial === undefined
          ? this.#batches
          : this.#createBatches(new CarefulProcessor({ processor, trial, logger, metrics })),
      processor,
      decisions: this.#decisions,
      deadLetters: this.#deadLetters,
      objectPrefix: settings.ON_FAILURE,
      guard,
      share,
      batchSize: care === 'records' ? 1 : settings.BATCH_SIZE,
      windowMilliseconds: care === 'records' ? 0 : settings.BATCH_WINDOW_MILLISECONDS,
      parallelism: care === 'none' ? settings.PARALLELIZATION_FACTOR : 1,
      judge: partJudge({ shardId, hashRange, foreignParts: settings.FOREIGN_PARTS, metrics }),
      ...(trial === undefined ? {} : { open: openCarefully(trial, guard.signal) }),
      onRead,
      onProgress,
      clock,
      serviceNow,
      health,
      metrics,
    });
  }

  #createObjectWriter(): ObjectWriter | undefined {
    const { settings, objectStore: store, clock, health, metrics } = this.#options;
    const { ON_FAILURE: prefix } = settings;
    if (prefix === undefined || store === undefined) return undefined;
    return new ObjectWriter({ store, prefix, clock, retryLog: this.#retryLog, health, metrics });
  }

  #createBatches(processor: RecordProcessor): BatchProcessor {
    const { settings, clock, serviceNow, logger, health, metrics } = this.#options;
    const retryLog = this.#retryLog;
    const policy = batchPolicy(settings);
    return new BatchProcessor({ processor, policy, clock, serviceNow, logger, retryLog, health, metrics });
  }

  #createReader(lease: ShardLease, care: Care, share: ByteShare): ShardReader {
    const { settings, client, clock, serviceNow, logger, health, metrics } = this.#options;
    const { shardId, createdMilliseconds } = lease;
    const stream = settings.INPUT_STREAM;
    const skipLost = settings.ON_TRIMMED === 'continue';
    const retention = new RetentionCheck({
      client,
      stream,
      shardId,
      unreadSinceMilliseconds: unreadSince(lease),
      createdMilliseconds,
      skipLost,
      clock,
      serviceNow,
      logger,
    });
    const end = new EndProof({ client, stream, shardId, metrics });
    const polling = new PollingReader({
      client,
      stream,
      shardId,
      limit: settings.READ_LIMIT,
      intervalMilliseconds: settings.POLL_INTERVAL_MILLISECONDS,
      pace: this.#pace,
      skipLost,
      retention,
      end,
      share,
      clock,
      retryLog: this.#retryLog,
      health,
      metrics,
    });
    // Careful reading is short, and Kinesis refuses a second subscription within 5 s.
    if (this.#fanOut === undefined || care !== 'none') return polling;
    const fanOut = new FanOutReader({
      client: this.#fanOut.client,
      consumer: this.#fanOut.consumer,
      stream,
      shardId,
      retention,
      end,
      share,
      clock,
      health,
      metrics,
    });
    return new FallbackReader({ fanOut, polling, shardId, clock, logger, metrics });
  }
}

function createFanOut(options: ShardConsumerFactoryOptions): FanOut | undefined {
  const { settings, fanOut: client, streamArn, clock, signal } = options;
  if (client === undefined) return undefined;
  const name = settings.CONSUMER_GROUP;
  return { client, consumer: new RegisteredConsumer({ client, streamArn, name, clock, signal }) };
}

function batchPolicy(settings: StreamSettings): BatchPolicy {
  const { MAX_RETRIES, MAX_RECORD_AGE_SECONDS, BISECT_ON_ERROR } = settings;
  return {
    maximumRetries: MAX_RETRIES,
    maximumAgeMilliseconds: MAX_RECORD_AGE_SECONDS < 0 ? undefined : MAX_RECORD_AGE_SECONDS * 1000,
    bisect: BISECT_ON_ERROR,
  };
}
