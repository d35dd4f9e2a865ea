import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { bisectBatch, type ProcessedBatch } from '../bisect-batch.ts';
import { processWithoutGivenUp } from '../given-up.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { Batch, GiveUp, Outcome, RecordProcessor, StreamRecord } from '../record.ts';
import { causeOf, type RetryLog } from '../retry-log.ts';
import type { StreamHealth } from '../stream-health.ts';

const BACKOFF = { baseMilliseconds: 50, maximumMilliseconds: 10_000 };
/** A batch that failed this often in a row shows in the state until it passes. Fewer failures often pass within a second. */
const STUCK_TRIES = 5;
/** Limit of PutRecords for the data and partition key of one record. */
const MAXIMUM_RECORD_BYTES = 1024 * 1024;
/** The most bytes that UTF-8 needs for one UTF-16 code unit. */
const MOST_CHARACTER_BYTES = 3;
/** Longer messages are truncated, so that the dead letter has room for the input record. */
const MAXIMUM_MESSAGE_CHARACTERS = 1_000;

export interface BatchPolicy {
  /** Further tries after the first. -1 means no limit. */
  readonly maximumRetries: number;
  /** Undefined means no limit. */
  readonly maximumAgeMilliseconds: number | undefined;
  /** True to process the halves of a failed batch separately, which finds the record that fails. */
  readonly bisect: boolean;
}

export interface BatchProcessorOptions {
  readonly processor: RecordProcessor;
  readonly policy: BatchPolicy;
  readonly clock: Clock;
  /** Time of Kinesis, which stamped the records. The clock of this machine may be wrong. */
  readonly serviceNow: () => number;
  readonly logger: Logger;
  readonly retryLog: RetryLog;
  readonly health: Pick<StreamHealth, 'failed' | 'ended'>;
  readonly metrics: StreamMetrics;
}

/** Gets an outcome for every record, whatever the processor does: by retries, by bisecting, and at last by dead letters. */
export class BatchProcessor {
  readonly #options: BatchProcessorOptions;

  constructor(options: BatchProcessorOptions) {
    this.#options = options;
  }

  /** Rejects only once `signal` aborts. */
  async process(batch: Batch, signal: AbortSignal): Promise<ProcessedBatch> {
    let tries = 0;
    try {
      for (;;) {
        const giveUps = this.#giveUps(batch);
        if (giveUps !== undefined) return await this.#withoutGivenUp(batch, giveUps, signal);
        try {
          const outcomes = await this.#try(batch, signal);
          return { outcomes: allFitting(batch, outcomes, this.#options), batches: [batch] };
        } catch (error) {
          signal.throwIfAborted();
          tries++;
          const { policy, metrics } = this.#options;
          const next = afterFailure({ records: batch.records.length, tries }, policy);
          metrics.retries.inc({ operation: next === 'bisect' ? 'bisect' : 'batch' });
          if (next === 'bisect') return this.#bisect(batch, error, signal);
          if (next === 'give_up') return this.#giveUp(batch, tries, error);
          await this.#backOff(batch, tries, error, signal);
        }
      }
    } finally {
      if (tries >= STUCK_TRIES) this.#options.health.ended(partOf(batch));
    }
  }

  #bisect(batch: Batch, error: unknown, signal: AbortSignal): Promise<ProcessedBatch> {
    this.#options.logger.debug(
      { ...positionOf(batch), cause: causeOf(error) },
      'processing failed, splitting the batch',
    );
    return bisectBatch(batch, (half) => this.process(half, signal));
  }

  async #backOff(batch: Batch, tries: number, error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, retryLog, health } = this.#options;
    const delayMilliseconds = backoffMilliseconds(tries - 1, BACKOFF);
    const of = positionOf(batch);
    retryLog.retried({ operation: 'batch', error, tries, delayMilliseconds, of });
    if (tries >= STUCK_TRIES) {
      const failure = `${of.shardId}: ${of.records} records from sequence number ${of.sequenceNumber} failed ${tries} times in a row`;
      health.failed(partOf(batch), new Error(`${failure}: ${causeOf(error)}`));
    }
    await clock.sleep(delayMilliseconds, signal);
  }

  async #try(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes = await this.#options.processor.process(batch, signal);
    if (outcomes.length !== batch.records.length) {
      throw new Error(
        `the processor returned ${outcomes.length} outcomes for ${batch.records.length} records`,
      );
    }
    return outcomes;
  }

  #giveUp(batch: Batch, tries: number, error: unknown): ProcessedBatch {
    const { logger, metrics } = this.#options;
    logger.error(
      { error, ...positionOf(batch), tries },
      'processing failed for the last time: the records become dead letters',
    );
    metrics.giveUps.inc({ reason: 'retries_exhausted' }, batch.records.length);
    const message = `processing failed ${tries} times, last with: ${(error as Error).message}`;
    return {
      outcomes: batch.records.map((record) => this.#deadLetter(batch, record, 'retries_exhausted', message)),
      batches: [],
    };
  }

  /** Why records are given up before they are processed. Undefined if all records must be processed. */
  #giveUps({ records }: Batch): readonly (GiveUp | undefined)[] | undefined {
    const { maximumAgeMilliseconds } = this.#options.policy;
    if (maximumAgeMilliseconds === undefined) {
      return records.some(({ giveUp }) => giveUp !== undefined)
        ? records.map(({ giveUp }) => giveUp)
        : undefined;
    }
    const oldest = this.#options.serviceNow() - maximumAgeMilliseconds;
    const message = `the record is older than the maximum record age of ${maximumAgeMilliseconds / 1000} s`;
    const expired: GiveUp = { code: 'record_expired', message };
    const giveUps = records.map(
      ({ giveUp, arrivalMilliseconds }) => giveUp ?? (arrivalMilliseconds < oldest ? expired : undefined),
    );
    return giveUps.some((giveUp) => giveUp !== undefined) ? giveUps : undefined;
  }

  #withoutGivenUp(
    batch: Batch,
    giveUps: readonly (GiveUp | undefined)[],
    signal: AbortSignal,
  ): Promise<ProcessedBatch> {
    return processWithoutGivenUp(batch, {
      giveUps,
      process: (rest) => this.process(rest, signal),
      reject: (record, { code, message }) => {
        this.#options.metrics.giveUps.inc({ reason: code });
        return this.#deadLetter(batch, record, code, message);
      },
    });
  }

  #deadLetter(batch: Batch, record: StreamRecord, code: GiveUp['code'], message: string): Outcome {
    return this.#options.processor.reject(batch, record, {
      code,
      message: message.slice(0, MAXIMUM_MESSAGE_CHARACTERS),
    });
  }
}

function positionOf({ shardId, records }: Batch) {
  return { shardId, sequenceNumber: records[0]?.sequenceNumber, records: records.length };
}

/** Name of the batch in the health. Batches of one shard may be in flight together. */
function partOf({ shardId, records }: Batch): string {
  return `batch ${shardId} ${records[0]?.sequenceNumber} ${records[0]?.subSequenceNumber}`;
}

/** Replaces outcomes that are too large by dead letters. PutRecords would refuse them forever, and the shard would stop. */
function allFitting(
  batch: Batch,
  outcomes: readonly Outcome[],
  { processor, metrics }: BatchProcessorOptions,
): readonly Outcome[] {
  if (outcomes.every(isSmall)) return outcomes;
  return outcomes.map((outcome, index) => {
    const bytes = outcome.data.length + Buffer.byteLength(outcome.partitionKey);
    if (bytes <= MAXIMUM_RECORD_BYTES) return outcome;
    metrics.giveUps.inc({ reason: 'too_large' });
    const message = `the outcome has ${bytes} bytes; a Kinesis record holds at most ${MAXIMUM_RECORD_BYTES}`;
    return processor.reject(batch, batch.records[index] as StreamRecord, { code: 'too_large', message });
  });
}

/** True if the outcome fits whatever the characters of its key are. Counting the bytes of the key is dearer. */
function isSmall({ data, partitionKey }: Outcome): boolean {
  return data.length + MOST_CHARACTER_BYTES * partitionKey.length <= MAXIMUM_RECORD_BYTES;
}

interface FailedBatch {
  readonly records: number;
  /** Number of tries so far. All of them failed. */
  readonly tries: number;
}

/** What to do with a batch on which the processor failed. */
function afterFailure(batch: FailedBatch, policy: BatchPolicy): 'bisect' | 'retry' | 'give_up' {
  // As on AWS Lambda, a split does not count as a retry. Each half starts with all its retries.
  if (policy.bisect && batch.records > 1) return 'bisect';
  if (policy.maximumRetries >= 0 && batch.tries > policy.maximumRetries) return 'give_up';
  return 'retry';
}
