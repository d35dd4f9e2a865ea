import type { Clock } from '../../shared/clock.ts';
import type { HistogramSeries } from '../../shared/tallied-histogram.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import { type Checkpoint, isDone } from '../checkpoint.ts';
import { type JudgePart, openAggregates, openInPortions } from '../kpl/aggregate.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { ByteShare } from '../read/byte-budget.ts';
import { bufferBytes, readBytes } from '../read/read-memory.ts';
import { iteratorStart, PositionLost, type ShardRead, type ShardReader } from '../read/shard-reader.ts';
import type { Outcome, RecordProcessor, StreamRecord } from '../record.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { DeadLetterWriter } from '../write/dead-letter-writer.ts';
import type { RecordWriter } from '../write/record-writer.ts';
import type { WriteGuard } from '../write/write-guard.ts';
import type { BatchProcessor } from './batch-processor.ts';
import { keyLane, Lane } from './lane.ts';
import { Patience } from './patience.ts';
import { PrefixTracker } from './prefix-tracker.ts';

export interface ShardConsumerOptions {
  readonly stream: string;
  readonly shardId: string;
  readonly epoch: number;
  readonly checkpoint: Exclude<Checkpoint, { kind: 'shard_end' }>;
  /** All records that arrived before this time (milliseconds since the epoch) are done. 0 if unknown. */
  readonly doneThroughMilliseconds: number;
  readonly reader: ShardReader;
  readonly batches: BatchProcessor;
  readonly processor: RecordProcessor;
  readonly decisions: RecordWriter;
  readonly deadLetters: DeadLetterWriter;
  /** URI below which objects of outcomes are stored. Undefined if none are stored. */
  readonly objectPrefix: string | undefined;
  /** Allows writes for as long as this process holds the lease of the shard. */
  readonly guard: WriteGuard;
  /** The reader reserves in the same share. */
  readonly share: ByteShare;
  readonly batchSize: number;
  readonly windowMilliseconds: number;
  /** Number of batches of the shard that may be in flight. */
  readonly parallelism: number;
  /** Judges the parts of aggregates. */
  readonly judge: JudgePart;
  /** @default all aggregates of a read are opened, in portions */
  readonly open?: OpenInSteps;
  /** Called with the size of the records that were read. */
  readonly onRead: (bytes: number) => void;
  /** Called once records are done, and with 0 whenever the tip of the shard is reached with nothing in hand. */
  readonly onProgress: (records: number) => void;
  readonly clock: Clock;
  /** Time of Kinesis. */
  readonly serviceNow: () => number;
  readonly health: Pick<StreamHealth, 'failed' | 'ended'>;
  readonly metrics: StreamMetrics;
}

/** Reads that are older may be stuck, so the data that they still need is moved out of their buffers. */
const OLD_READ_MILLISECONDS = 1_000;

/** Opens the aggregates of one read in steps. The next step begins once the records of the step before are done. */
export type OpenInSteps = (
  records: readonly StreamRecord[],
  open: (records: readonly StreamRecord[]) => readonly StreamRecord[],
) => AsyncIterable<readonly StreamRecord[]>;

/** Reads one shard, has its records processed, writes the outcomes, and tracks how far the shard is done. */
export class ShardConsumer {
  readonly #options: ShardConsumerOptions;
  readonly #tracker: PrefixTracker;
  readonly #lanes: readonly Lane[];
  readonly #drain = new AbortController();
  #doneThroughMilliseconds: number;
  #ended = false;
  readonly #patience: Patience;
  readonly #latencySeconds: HistogramSeries;
  /** Bytes of the share that belong to tracked reads. The others are reserved by the reader. */
  #trackedBytes = 0;
  #roomChanged: () => void = () => {};

  constructor(options: ShardConsumerOptions) {
    this.#options = options;
    this.#tracker = new PrefixTracker(options.checkpoint);
    this.#doneThroughMilliseconds = options.doneThroughMilliseconds;
    const { shardId, share, clock, health, metrics } = options;
    this.#patience = new Patience({ shardId, heldBytes: () => share.usedBytes, clock, health });
    this.#latencySeconds = metrics.recordLatencySeconds.series({});
    share.onWait = (wait) => this.#onWait(wait);
    this.#lanes = Array.from({ length: options.parallelism }, () => this.#lane());
  }

  get checkpoint(): Checkpoint {
    return this.#ended && this.#tracker.isIdle ? { kind: 'shard_end' } : this.#tracker.checkpoint;
  }

  get doneThroughMilliseconds(): number {
    return this.#doneThroughMilliseconds;
  }

  /** Stops reading. `run` ends once the batches in flight are confirmed. Queued records are left to the next owner. */
  drain(): void {
    this.#drain.abort(new Error('draining'));
    for (const lane of this.#lanes) lane.drop();
  }

  /**
   * Resolves once the shard is read to its end and done, or once it is drained.
   * @throws PositionLost; the guard's reason
   */
  async run(): Promise<void> {
    const { signal } = this.#options.guard;
    const failure = new AbortController();
    const either = AbortSignal.any([signal, failure.signal]);
    const fail = (error: unknown) => {
      // Records that were delivered before the position was lost are still decided. The stream may have deleted them.
      if (error instanceof PositionLost) for (const lane of this.#lanes) lane.finish();
      else failure.abort(error);
      throw error;
    };
    const lanes = this.#lanes.map((lane) => lane.run(either).catch(fail));
    const work = Promise.allSettled([this.#readAll(either).catch(fail), ...lanes]);
    // If the lease is lost, do not wait for a processor that ignores its signal. The guard prevents late writes.
    await Promise.race([work, aborted(signal)]);
    this.#options.share.close();
    signal.throwIfAborted();
    const failed = (await work).find((part) => part.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Call this after each change of the tracker. */
  #account(): void {
    const bytes = this.#tracker.memoryBytes;
    this.#options.share.add(bytes - this.#trackedBytes);
    this.#trackedBytes = bytes;
  }

  /** The reader waits for bytes that this shard's own records hold. */
  #onWait(wait: Promise<unknown>): void {
    this.#compact(0);
    this.#patience.during(wait).catch(() => {});
  }

  /** @param leastAgeMilliseconds age below which a read stays as it is */
  #compact(leastAgeMilliseconds: number): void {
    this.#tracker.compact(this.#options.clock.monotonic() - leastAgeMilliseconds);
    this.#account();
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const reading = AbortSignal.any([signal, this.#drain.signal]);
    try {
      await this.#read(reading);
      this.#ended = true;
      for (const lane of this.#lanes) lane.finish();
    } catch (error) {
      if (!this.#drain.signal.aborted || signal.aborted) throw error;
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { reader, checkpoint, metrics, shardId, clock } = this.#options;
    for await (const read of reader.read(iteratorStart(checkpoint), signal)) {
      metrics.lagMilliseconds.set({ shard: shardId }, read.behindMilliseconds);
      this.#tracker.begin(bufferBytes(read.records), clock.monotonic());
      // The reader has reserved these bytes.
      this.#trackedBytes += readBytes(read.records);
      let accepted = 0;
      for await (const opened of this.#open(read.records)) {
        signal.throwIfAborted();
        accepted += this.#accept(opened);
        this.#account();
        await this.#untilRoom(signal);
      }
      this.#tracker.seal();
      if (accepted === 0) this.#noteIdle(read);
      this.#compact(OLD_READ_MILLISECONDS);
    }
  }

  #open(
    given: readonly StreamRecord[],
  ): Iterable<readonly StreamRecord[]> | AsyncIterable<readonly StreamRecord[]> {
    const { open, judge } = this.#options;
    return open === undefined
      ? openInPortions(given, judge)
      : open(given, (records) => openAggregates(records, judge));
  }

  /** @returns the number of records that are not done already */
  #accept(opened: readonly StreamRecord[]): number {
    const { checkpoint, metrics, parallelism, onRead } = this.#options;
    const [head] = opened;
    // Only the first records of the first read can be done already. So the first record decides whether to filter.
    const records =
      head && isDone(checkpoint, head) ? opened.filter((it) => !isDone(checkpoint, it)) : opened;
    let dataBytes = 0;
    let index = this.#tracker.add(records);
    for (const record of records) {
      const lane = parallelism === 1 ? 0 : keyLane(record.partitionKey, parallelism);
      this.#lanes[lane]?.push(record, index++);
      dataBytes += record.data.length;
    }
    if (records.length > 0) {
      metrics.recordsRead.inc(records.length);
      metrics.bytesRead.inc(dataBytes);
      onRead(dataBytes);
      for (const lane of this.#lanes) lane.wake();
    }
    return records.length;
  }

  /** Call this after a read without records. */
  #noteIdle({ behindMilliseconds, ended }: ShardRead): void {
    const { serviceNow, onProgress } = this.#options;
    if (!this.#tracker.isIdle || ended) return;
    this.#doneThroughMilliseconds = serviceNow() - behindMilliseconds;
    if (behindMilliseconds === 0) onProgress(0);
  }

  async #untilRoom(signal: AbortSignal): Promise<void> {
    while (this.#isFull) {
      const changed = Promise.withResolvers<void>();
      this.#roomChanged = changed.resolve;
      await this.#patience.during(unlessAborted(changed.promise, signal));
    }
  }

  get #isFull(): boolean {
    const { batchSize, parallelism, open } = this.#options;
    if (open !== undefined) return !this.#tracker.isIdle;
    return this.#lanes.reduce((sum, lane) => sum + lane.queued, 0) > batchSize * parallelism;
  }

  #lane(): Lane {
    const { batchSize, windowMilliseconds, clock } = this.#options;
    return new Lane({
      batchSize,
      windowMilliseconds,
      clock,
      handle: (records, indices) => this.#handle(records, indices),
    });
  }

  async #handle(records: readonly StreamRecord[], indices: readonly number[]): Promise<void> {
    const { batches, processor, guard, metrics, stream, shardId, epoch, objectPrefix } = this.#options;
    this.#roomChanged();
    metrics.batchRecords.observe(records.length);
    try {
      const batch = { stream, shardId, epoch, objectPrefix, records };
      const processed = await batches.process(batch, guard.signal);
      await this.#publish(processed.outcomes);
      this.#confirm(records, indices);
      for (const batch of processed.batches) processor.published(batch);
    } finally {
      this.#roomChanged();
    }
  }

  async #publish(outcomes: readonly Outcome[]): Promise<void> {
    const { decisions, deadLetters, guard } = this.#options;
    if (outcomes.every((outcome) => outcome.kind === 'decision')) return decisions.write(outcomes, guard);
    const ofKind = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind);
    await Promise.all([
      decisions.write(ofKind('decision'), guard),
      deadLetters.write(ofKind('rejection'), guard),
    ]);
  }

  #confirm(records: readonly StreamRecord[], indices: readonly number[]): void {
    const { serviceNow, onProgress, share } = this.#options;
    this.#tracker.complete(indices);
    if (share.isWaiting) this.#compact(0);
    else this.#account();
    const now = serviceNow();
    for (const record of records) this.#latencySeconds.observe((now - record.arrivalMilliseconds) / 1000);
    const done = this.#tracker.lastDone;
    if (done)
      this.#doneThroughMilliseconds = Math.max(this.#doneThroughMilliseconds, done.arrivalMilliseconds);
    onProgress(records.length);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
