import { setImmediate } from 'node:timers/promises';
import type { Batch, GiveUp, Outcome, RecordProcessor, StreamRecord } from '../../stream/record.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { chunksOf } from './chunks.ts';
import { deadLetterOutcome } from './dead-letter.ts';
import { BatchReport, DecisionChunk, type DecisionChunkContext } from './decision-chunk.ts';
import { peekRequestId } from './decode/application-decoder.ts';
import { ScoringFailures } from './scoring-failures.ts';

export interface DecisionProcessorOptions extends DecisionChunkContext {
  readonly metrics: InferenceMetrics;
  /** Size limit of a record. */
  readonly maximumBytes: number;
}

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
    for (const { start, end } of chunksOf(batch.records)) {
      // A chunk without a valid record waits for nothing, so it would not let go of the event loop by itself.
      if (start > 0) await setImmediate();
      signal.throwIfAborted();
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
    // Reading the request id may be what ended the process.
    const requestId =
      rejection.code === 'poison' ? '' : peekRequestId(record.data, this.#options.maximumBytes);
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
