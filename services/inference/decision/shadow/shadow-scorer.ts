import type { Logger } from '../../../shared/logging.ts';
import type { StreamRecord } from '../../../stream/record.ts';
import type { InferenceMetrics } from '../../metrics.ts';
import { chunksOf } from '../chunks.ts';
import type { ModelRouter } from '../route/model-router.ts';
import type { Servable } from '../route/servable.ts';
import type { Decider } from '../score/decider.ts';
import type { Decision } from '../score/decision.ts';
import { ScoredRows } from '../score/scored-rows.ts';
import { ShadowComparison } from './shadow-comparison.ts';

/** A record with the stable model's published decision. */
export interface ShadowSample {
  readonly record: Pick<StreamRecord, 'data'>;
  readonly decision: Decision;
}

export interface ShadowScorerOptions {
  readonly router: ModelRouter;
  readonly metrics: InferenceMetrics;
  readonly logger: Logger;
  /** Bytes of payload that may wait. Records beyond the limit are left out and counted. @default 16 MiB */
  readonly backlogLimitBytes?: number;
}

const BACKLOG_LIMIT_BYTES = 16 * 1024 * 1024;

/** Scores records by the candidate after the stable model's decision is out, and compares the two decisions. */
export class ShadowScorer {
  readonly #options: ShadowScorerOptions;
  readonly #backlog: ShadowSample[][] = [];
  #backlogBytes = 0;
  #working: Promise<void> | undefined;

  constructor(options: ShadowScorerOptions) {
    this.#options = options;
  }

  /** True if there is a candidate to compare with. */
  get wanted(): boolean {
    return this.#options.router.shadow?.decider !== undefined;
  }

  /** Takes a few hundred samples at most, and returns at once. */
  enqueue(samples: ShadowSample[]): void {
    const candidate = this.#options.router.shadow;
    if (candidate === undefined || samples.length === 0) return;
    const bytes = sizeBytes(samples);
    const limitBytes = this.#options.backlogLimitBytes ?? BACKLOG_LIMIT_BYTES;
    if (this.#backlogBytes + bytes > limitBytes) {
      const { version } = candidate.model.identity;
      this.#options.metrics.shadowDropped.inc({ model_version: version }, samples.length);
      return;
    }
    this.#backlogBytes += bytes;
    this.#backlog.push(copied(samples, bytes));
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Resolves once no sample waits. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let samples = this.#backlog.shift(); samples; samples = this.#backlog.shift()) {
      const candidate = this.#options.router.shadow;
      if (candidate !== undefined) await candidate.use(() => this.#compare(candidate, samples));
      this.#backlogBytes -= sizeBytes(samples);
    }
  }

  async #compare({ decider }: Servable, samples: readonly ShadowSample[]): Promise<void> {
    if (decider === undefined) return;
    for (const { start, end } of chunksOf(samples.map(({ record }) => record))) {
      await this.#compareChunk(decider, samples.slice(start, end));
    }
  }

  async #compareChunk(decider: Decider, samples: readonly ShadowSample[]): Promise<void> {
    const { metrics, logger } = this.#options;
    const { version } = decider.identity;
    const comparison = new ShadowComparison(decider, metrics);
    const rows = new ScoredRows<ShadowSample>(decider, 'candidate', samples.length, comparison.candidate);
    for (const sample of samples) rows.addBody(sample, sample.record.data);
    const error = await rows.scoreIsolatingFailures(({ decision }, _requestId, candidateDecision, row) => {
      if (candidateDecision !== undefined)
        comparison.addStable(decision, candidateDecision, rows.features, row);
    });
    if (error !== undefined) logger.warn({ error, version }, 'scoring in shadow failed');
    const errors = samples.length - comparison.records;
    if (errors > 0) metrics.shadowErrors.inc({ model_version: version }, errors);
    comparison.report();
  }
}

function sizeBytes(samples: readonly ShadowSample[]): number {
  return samples.reduce((sum, { record }) => sum + record.data.length, 0);
}

/** The samples with data in a buffer of their own. The data of a record is a part of its read, which would stay in memory. */
function copied(samples: readonly ShadowSample[], bytes: number): ShadowSample[] {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  let used = 0;
  return samples.map(({ record, decision }) => {
    buffer.set(record.data, used);
    const data = buffer.subarray(used, used + record.data.length);
    used += record.data.length;
    return { record: { data }, decision };
  });
}
