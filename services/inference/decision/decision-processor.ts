import type { Batch, GiveUp, Outcome, RecordProcessor, StreamRecord } from '../../stream/record.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { deadLetterOutcome } from './dead-letter.ts';
import { BatchReport, DecisionChunk, type DecisionChunkContext } from './decision-chunk.ts';
import { peekRequestId } from './decode/application-decoder.ts';
import { ScoringFailures } from './scoring-failures.ts';

export interface DecisionProcessorOptions extends DecisionChunkContext {
  readonly metrics: InferenceMetrics;
  /** Size limit of a record. */
  readonly maximumBytes: number;
}

/** Records that are decided before the event loop gets its next turn. They take about 2 ms. */
const CHUNK_RECORDS = 256;

/** Decodes, validates, scores and serialises the batches of a stream. */
export class DecisionProcessor implements RecordProcessor {
  readonly #options: DecisionProcessorOptions;
  readonly #reports = new WeakMap<Batch, BatchReport>();
  readonly #failures = new ScoringFailures();

  constructor(options: DecisionProcessorOptions) {
    this.#options = options;
  }

  async process(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes = new Array<Outcome>(batch.records.length);
    const report = new BatchReport();
    const scoredAt = new Date(this.#options.clock.now()).toISOString();
    for (let start = 0; start < batch.records.length; start += CHUNK_RECORDS) {
      signal.throwIfAborted();
      const end = Math.min(start + CHUNK_RECORDS, batch.records.length);
      const chunk = new DecisionChunk(this.#options, batch, {
        start,
        end,
        scoredAt,
        outcomes,
        report,
        failures: this.#failures,
      });
      await chunk.decide();
    }
    this.#reports.set(batch, report);
    return outcomes;
  }

  reject(batch: Batch, record: StreamRecord, rejection: GiveUp): Outcome {
    this.#options.metrics.rejections.inc({ code: rejection.code });
    if (rejection.code === 'retries_exhausted' || rejection.code === 'record_expired') {
      this.#failures.giveUp(record);
    }
    const requestId = peekRequestId(record.data, this.#options.maximumBytes);
    return deadLetterOutcome(this.#options, batch, record, { rejection, requestId });
  }

  published(batch: Batch): void {
    const report = this.#reports.get(batch);
    if (report === undefined) return;
    this.#reports.delete(batch);
    report.publish(this.#options.metrics);
    this.#options.shadow.enqueue(report.samples);
  }
}
