import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import { PROBABILITY_TOLERANCE } from '../../model/model.ts';

/** Role of a model version. */
export type Role = 'stable' | 'candidate';

/** A model's decision on one application. */
export interface Decision {
  /** Probability of the positive class, rounded to 6 decimals. */
  readonly probability: number;
  /** `probability >= threshold`, with the published probability, so that anyone can check the decision. */
  readonly positive: boolean;
}

/** Undefined if the score is not a probability. Scores up to 0.00001 outside [0, 1] are clamped. */
export function decide(contract: ServingContract, score: number): Decision | undefined {
  if (!(score >= -PROBABILITY_TOLERANCE && score <= 1 + PROBABILITY_TOLERANCE)) return undefined;
  const probability = Math.round(Math.min(Math.max(score, 0), 1) * 1e6) / 1e6;
  return { probability, positive: probability >= contract.decision.threshold };
}
