import type { InferenceMetrics } from '../../metrics.ts';
import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { Decider } from '../score/decider.ts';
import type { Decision } from '../score/decision.ts';
import { DecisionTally } from '../score/decision-tally.ts';

/** The decisions of two models on the same records. The candidate's decoder reads the values of groups. */
export class ShadowComparison {
  readonly #version: string;
  readonly #metrics: InferenceMetrics;
  readonly #stable: DecisionTally;
  /** Counts the candidate's decisions; the caller adds them. */
  readonly candidate: DecisionTally;
  #agreed = 0;
  #flipped = 0;

  constructor(candidate: Decider, metrics: InferenceMetrics) {
    this.#version = candidate.identity.version;
    this.#metrics = metrics;
    this.#stable = new DecisionTally(candidate.groups, metrics.shadowProbability);
    this.candidate = new DecisionTally(candidate.groups, metrics.shadowProbability);
  }

  get records(): number {
    return this.#agreed + this.#flipped;
  }

  /** Adds the stable model's decision on a record, beside the candidate's. */
  addStable(stable: Decision, candidate: Decision, features: FeatureColumns, row: number): void {
    if (stable.positive === candidate.positive) this.#agreed++;
    else this.#flipped++;
    this.#stable.add(stable, features, row);
  }

  report(): void {
    const version = { model_version: this.#version };
    this.#metrics.shadowComparisons.inc({ ...version, agreement: 'agree' }, this.#agreed);
    this.#metrics.shadowComparisons.inc({ ...version, agreement: 'flip' }, this.#flipped);
    this.#reportTally('stable', this.#stable);
    this.#reportTally('candidate', this.candidate);
  }

  #reportTally(scoredBy: 'stable' | 'candidate', tally: DecisionTally): void {
    const labels = { model_version: this.#version, scored_by: scoredBy };
    const { shadowDecisions, shadowProbability } = this.#metrics;
    shadowProbability.add(labels, tally.probabilities);
    for (const decision of ['true', 'false'] as const) {
      shadowDecisions.inc({ ...labels, group: '', value: '', decision }, tally.count(decision));
    }
    tally.eachGroupCount((group, value, decision, count) => {
      shadowDecisions.inc({ ...labels, group, value, decision }, count);
    });
  }
}
