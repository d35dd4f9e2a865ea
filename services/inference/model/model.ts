import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import type { FeatureColumns } from './feature-columns.ts';
import type { GraphSignature, NamedTensor, TensorSpec } from './graph-signature.ts';

/** What a graph's float32 arithmetic may be off by: of a golden sample's probability, and of [0, 1]. */
export const PROBABILITY_TOLERANCE = 1e-5;

/** What a decision names as its author. */
export interface ModelIdentity {
  /** The registered model's name. */
  readonly name: string;
  /** The registry's version, e.g. `7`. */
  readonly version: string;
  /** The training run; empty where the registry knows none. */
  readonly runId: string;
  /** `sha256:…`, as services/shared/contract/digest.ts computes it. */
  readonly digest: string;
}

/** A loaded and verified model version. */
export interface Model {
  readonly identity: ModelIdentity;
  /** Undefined for a model that was logged without `serving.json`: it can infer, not decide. */
  readonly contract: ServingContract | undefined;
  readonly signature: GraphSignature;
  /** What a client sends: the graph's inputs, or the columns that make up its only one. */
  readonly inputs: readonly TensorSpec[];
  /**
   * Probability of the positive class of the first `rows` rows; NaN or a number outside of [0, 1] where the graph
   * gives one. Needs a contract.
   * @throws ScoringError where the graph refuses the batch
   */
  score(columns: FeatureColumns, rows: number): Promise<Float32Array>;
  /**
   * Raw inference on tensors that fit `inputs`.
   * @throws ScoringError where the graph refuses them
   */
  infer(inputs: readonly NamedTensor[]): Promise<readonly NamedTensor[]>;
  /** Frees native memory. Nothing may be under way. */
  close(): Promise<void>;
}

/** The graph failed on an input that had passed validation. */
export class ScoringError extends Error {
  override readonly name = 'ScoringError';
}
