import type { FeatureColumns } from '../../../services/inference/model/feature-columns.ts';
import type { NamedTensor } from '../../../services/inference/model/graph-signature.ts';
import { type Model, ScoringError } from '../../../services/inference/model/model.ts';
import type { ServingContract } from '../../../services/shared/contract/serving-contract.ts';
import { loanContract } from './loan-model.ts';

export interface FakeModelOptions {
  readonly version?: string;
  readonly contract?: ServingContract | undefined;
  /** Probability of a row, by the applicant's income. */
  readonly probability?: (income: number) => number;
  readonly failure?: string;
  /** True if a run with a row of that income fails. */
  readonly failsOn?: (income: number) => boolean;
  readonly gate?: Promise<void>;
}

/** A model whose answers, failures and pauses the test controls. */
export class FakeModel implements Model {
  readonly identity;
  readonly contract: ServingContract | undefined;
  readonly signature = { inputs: [], outputs: [] };
  readonly inputs = [];
  /** Number of rows in each call so far. */
  readonly scored: number[] = [];
  /** While it is set, scoring fails with this message. */
  failure: string | undefined;
  /** While it is set, scoring waits for this promise. */
  gate: Promise<void> | undefined;
  closed = false;
  readonly #probability: (income: number) => number;
  readonly #failsOn: (income: number) => boolean;

  constructor(options: FakeModelOptions = {}) {
    const version = options.version ?? '7';
    this.identity = {
      name: 'loan-eligibility',
      version,
      runId: `run-${version}`,
      digest: `sha256:${version.padStart(64, '0')}`,
    };
    this.contract = 'contract' in options ? options.contract : loanContract();
    this.failure = options.failure;
    this.gate = options.gate;
    this.#probability = options.probability ?? ((income) => Math.min(income / 10_000, 1));
    this.#failsOn = options.failsOn ?? (() => false);
  }

  async score(features: FeatureColumns, rows: number): Promise<Float32Array> {
    if (this.closed) throw new Error('a closed model was asked to score');
    this.scored.push(rows);
    await this.gate;
    if (this.closed) throw new Error('the model was closed while it was scoring');
    if (this.failure !== undefined) throw new ScoringError(this.failure);
    const index = this.contract?.fields.findIndex((field) => field.name === 'ApplicantIncome') ?? -1;
    const incomes = Array.from({ length: rows }, (_, row) =>
      Number(features.columns[index]?.[row * features.stride]),
    );
    if (incomes.some(this.#failsOn)) throw new ScoringError('the graph cannot take this income');
    return Float32Array.from(incomes, this.#probability);
  }

  async infer(): Promise<readonly NamedTensor[]> {
    return [];
  }

  async inferRows(): Promise<readonly NamedTensor[]> {
    return [];
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
