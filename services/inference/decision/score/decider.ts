import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import type { InferenceMetrics } from '../../metrics.ts';
import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { Model, ModelIdentity } from '../../model/model.ts';
import { ApplicationDecoder, type ApplicationDecoderOptions } from '../decode/application-decoder.ts';
import type { Role } from './decision.ts';
import { DecisionTally, type GroupField, groupFields } from './decision-tally.ts';

/** A model with everything that is compiled once for its decisions: decoder, groups, metrics. */
export class Decider {
  readonly identity: ModelIdentity;
  readonly contract: ServingContract;
  readonly decoder: ApplicationDecoder;
  readonly groups: readonly GroupField[];
  readonly #model: Model;
  readonly #metrics: InferenceMetrics;

  constructor(
    model: Model,
    contract: ServingContract,
    metrics: InferenceMetrics,
    options: ApplicationDecoderOptions,
  ) {
    this.identity = model.identity;
    this.contract = contract;
    this.decoder = new ApplicationDecoder(contract, options);
    this.groups = groupFields(contract);
    this.#model = model;
    this.#metrics = metrics;
  }

  /** Calls Model.score and observes its time. */
  async score(role: Role, features: FeatureColumns, rows: number): Promise<Float32Array> {
    const started = performance.now();
    const scores = await this.#model.score(features, rows);
    this.#metrics.scoringSeconds.observe(this.#labels(role), (performance.now() - started) / 1000);
    return scores;
  }

  countErrors(role: Role, records: number): void {
    this.#metrics.scoringErrors.inc(this.#labels(role), records);
  }

  tally(): DecisionTally {
    return new DecisionTally(this.groups, this.#metrics.probability);
  }

  /** Adds decisions that left the service to the metrics. */
  report(role: Role, tally: DecisionTally): void {
    const { version } = this.identity;
    for (const decision of ['true', 'false'] as const) {
      const count = tally.count(decision);
      if (count > 0) this.#metrics.decisions.inc({ ...this.#labels(role), decision }, count);
    }
    this.#metrics.probability.add(this.#labels(role), tally.probabilities);
    tally.eachGroupCount((group, value, decision, count) => {
      this.#metrics.groupDecisions.inc({ model_version: version, group, value, decision }, count);
    });
  }

  #labels(role: Role) {
    return { model_version: this.identity.version, role };
  }
}
