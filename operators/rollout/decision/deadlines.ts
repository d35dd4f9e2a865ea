import { conditionOf } from './condition-of.ts';
import { type Rollout, secondsWaited } from './rollout.ts';

/** Deadline for pods to make progress, whatever deadline the Deployment has. */
export const PROGRESS_DEADLINE_SECONDS = 600;

/** The status under which a deadline runs. Without the condition it runs too. */
const RUNS_WHILE = { RegistryReachable: 'True', MetricsReachable: 'True', ScaledToZero: 'False' } as const;

/**
 * Seconds since `since` for a deadline. They begin anew after a time in which no leader acted, or in which one of the
 * needs was not met.
 */
export function secondsTowardsDeadline(
  rollout: Rollout,
  since: string,
  needs: readonly (keyof typeof RUNS_WHILE)[],
): number {
  const met = needs.map((type) => {
    const condition = conditionOf(rollout.status, type);
    if (condition === undefined) return Number.POSITIVE_INFINITY;
    return condition.status === RUNS_WHILE[type] ? rollout.elapsed(condition.lastTransitionTime) : 0;
  });
  return Math.min(secondsWaited(rollout, since), ...met);
}
