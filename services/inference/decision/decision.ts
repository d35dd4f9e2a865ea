import type { ServingContract } from '../../shared/contract/serving-contract.ts';

/** Which part a model version plays. */
export type Role = 'stable' | 'candidate';

/** What a model says of one application. */
export interface Decision {
  /** Of the positive class, rounded to 6 decimals. */
  readonly probability: number;
  /** `probability >= threshold`, of the probability as it is published, so that anyone can check it. */
  readonly positive: boolean;
}

/** Undefined where the graph gave no probability. */
export function decide(contract: ServingContract, score: number): Decision | undefined {
  if (!(score >= 0 && score <= 1)) return undefined;
  const probability = Math.round(score * 1e6) / 1e6;
  return { probability, positive: probability >= contract.decision.threshold };
}
