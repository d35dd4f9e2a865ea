import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import type { InferenceMetrics } from '../../metrics.ts';
import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { Model, ModelIdentity } from '../../model/model.ts';
import { ApplicationDecoder, type ApplicationDecoderOptions } from '../decode/application-decoder.ts';
import type { Role } from './decision.ts';
import { DecisionSeries } from './decision-series.ts';
import { DecisionTally, type GroupField, groupFields } from './decision-tally.ts';

/** A model with everything that is compiled once for its decisions: decoder, groups, metrics. */
export class Decider {
  readonly identity: ModelIdentity;
  readonly contract: ServingContract;
  readonly decoder: ApplicationDecoder;
  readonly groups: readonly GroupField[];
  readonly #model: Model;
  readonly #metrics: InferenceMetrics;
  readonly #series: DecisionSeries;

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
    this.#series = new DecisionSeries(metrics, model.identity.version, this.groups);
  }

  /** Calls Model.score and observes its time. */
  async score(role: Role, features: FeatureColumns, rows: number): Promise<Float32Array> {
    const started = performance.now();
    const scores = await this.#model.score(features, rows);
    this.#series.scored(role, (performance.now() - started) / 1000);
    return scores;
  }

  countErrors(role: Role, records: number): void {
    this.#metrics.scoringErrors.inc({ model_version: this.identity.version, role }, records);
  }

  tally(): DecisionTally {
    return new DecisionTally(this.groups, this.#metrics.probability);
  }

  /** Adds decisions that left the service to the metrics. */
  report(role: Role, tally: DecisionTally): void {
    this.#series.add(role, tally);
  }
}
