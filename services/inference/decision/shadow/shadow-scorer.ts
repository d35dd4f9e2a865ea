import type { Logger } from '../../../shared/logging.ts';
import type { InferenceMetrics } from '../../metrics.ts';
import type { ModelRouter } from '../route/model-router.ts';
import type { Servable } from '../route/servable.ts';
import type { Decider } from '../score/decider.ts';
import { type Decision, decide } from '../score/decision.ts';
import { scoreEach } from '../score/score-isolating-failures.ts';
import { ShadowComparison } from './shadow-comparison.ts';

/** A record with the stable model's published decision. */
export interface ShadowSample {
  readonly data: Uint8Array;
  readonly decision: Decision;
}

export interface ShadowScorerOptions {
  readonly router: ModelRouter;
  readonly metrics: InferenceMetrics;
  readonly logger: Logger;
  /** Payload that may wait; what exceeds it is left out and counted. @default 16 MiB */
  readonly backlogLimitBytes?: number;
}

const BACKLOG_LIMIT_BYTES = 16 * 1024 * 1024;
const CHUNK_RECORDS = 256;

/** Asks the candidate about what the stable model has already decided, and compares. Never in anyone's way. */
export class ShadowScorer {
  readonly #options: ShadowScorerOptions;
  readonly #backlog: ShadowSample[][] = [];
  #backlogBytes = 0;
  #working: Promise<void> | undefined;

  constructor(options: ShadowScorerOptions) {
    this.#options = options;
  }

  /** Whether samples are of use now. */
  get wanted(): boolean {
    return this.#options.router.shadow?.decider !== undefined;
  }

  /** Takes at most a few hundred samples. Returns at once. */
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
    this.#backlog.push(samples);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Resolves once nothing waits any more. */
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
    for (let start = 0; start < samples.length; start += CHUNK_RECORDS) {
      await this.#compareChunk(decider, samples.slice(start, start + CHUNK_RECORDS));
    }
  }

  async #compareChunk(decider: Decider, samples: readonly ShadowSample[]): Promise<void> {
    const { version } = decider.identity;
    const features = decider.decoder.columns(samples.length);
    const decoded: ShadowSample[] = [];
    for (const sample of samples) {
      const result = decider.decoder.decodeBody(sample.data, features, decoded.length);
      if (typeof result === 'string') decoded.push(sample);
    }
    const { scores, error } = await scoreEach(decider, 'candidate', features, decoded.length);
    if (error !== undefined) this.#options.logger.warn({ error, version }, 'scoring in shadow failed');
    const comparison = new ShadowComparison(decider, this.#options.metrics);
    decoded.forEach(({ decision }, row) => {
      const candidateDecision = decide(decider.contract, scores[row] as number);
      if (candidateDecision !== undefined) comparison.add(decision, candidateDecision, features, row);
    });
    const errors = samples.length - comparison.records;
    if (errors > 0) this.#options.metrics.shadowErrors.inc({ model_version: version }, errors);
    comparison.report();
  }
}

function sizeBytes(samples: readonly ShadowSample[]): number {
  return samples.reduce((sum, sample) => sum + sample.data.length, 0);
}
