import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import { PROBABILITY_TOLERANCE } from '../../model/model.ts';

/** Which part a model version plays. */
export type Role = 'stable' | 'candidate';

/** What a model says of one application. */
export interface Decision {
  /** Of the positive class, rounded to 6 decimals. */
  readonly probability: number;
  /** `probability >= threshold`, of the probability as it is published, so that anyone can check it. */
  readonly positive: boolean;
}

/** Undefined where the graph gave no probability. A sum over trees that ends just outside of [0, 1] is one. */
export function decide(contract: ServingContract, score: number): Decision | undefined {
  if (!(score >= -PROBABILITY_TOLERANCE && score <= 1 + PROBABILITY_TOLERANCE)) return undefined;
  const probability = Math.round(Math.min(Math.max(score, 0), 1) * 1e6) / 1e6;
  return { probability, positive: probability >= contract.decision.threshold };
}
