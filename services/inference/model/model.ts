import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import type { FeatureColumns } from './feature-columns.ts';
import type { GraphSignature, NamedTensor, TensorSpec } from './graph-signature.ts';

/** Error that float32 arithmetic may cause: in the probability of a golden sample, and outside [0, 1]. */
export const PROBABILITY_TOLERANCE = 1e-5;

/** The model version that a decision names. */
export interface ModelIdentity {
  /** The registered model's name. */
  readonly name: string;
  /** The registry's version, e.g. `7`. */
  readonly version: string;
  /** Training run. Empty if the registry knows no run. */
  readonly runId: string;
  /** `sha256:…`, as services/shared/contract/digest.ts computes it. */
  readonly digest: string;
}

/** A loaded and verified model version. */
export interface Model {
  readonly identity: ModelIdentity;
  /** Undefined if the model was logged without `serving.json`: the model can infer, but not decide. */
  readonly contract: ServingContract | undefined;
  readonly signature: GraphSignature;
  /** Inputs that a client sends: those of the graph, or the columns of its matrix. */
  readonly inputs: readonly TensorSpec[];
  /**
   * Probability of the positive class for the first `rows` rows. The model must have a contract. The graph may give NaN or
   * a number outside [0, 1].
   * @throws ScoringError if the graph fails on the batch
   */
  score(columns: FeatureColumns, rows: number): Promise<Float32Array>;
  /**
   * All outputs of the graph for the first `rows` rows, in one run. The model must have a contract.
   * @throws ScoringError if the graph fails on the rows
   */
  inferRows(features: FeatureColumns, rows: number): Promise<readonly NamedTensor[]>;
  /**
   * Raw inference on tensors that fit `inputs`. The model has no contract.
   * @throws ScoringError if the graph fails on the tensors
   */
  infer(inputs: readonly NamedTensor[]): Promise<readonly NamedTensor[]>;
  /** Frees native memory. No call may be in progress. */
  close(): Promise<void>;
}

/** The graph failed on an input that passed validation. */
export class ScoringError extends Error {
  override readonly name = 'ScoringError';

  static noProbability(): ScoringError {
    return new ScoringError('the graph gave no probability in [0, 1]');
  }
}

/** The pods that run the model do not answer, or have not loaded it yet. A later try may succeed. */
export class RemoteUnavailableError extends ScoringError {}
