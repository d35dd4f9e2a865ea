import { conditionOf } from './condition-of.ts';
import type { Rollout, TargetReading } from './rollout.ts';

/** Deadline for a paused Deployment: its pods never get the pin, and the candidate has all keys meanwhile. */
export const PAUSE_DEADLINE_SECONDS = 600;
/** Least deadline for pods to make progress. */
const PROGRESS_SECONDS = 600;
/** Greatest deadline that a Deployment may set. Without a bound a stuck candidate would keep all keys for ever. */
const MAXIMUM_PROGRESS_SECONDS = 14_400;

/**
 * Deadline for pods to make progress. A Deployment may ask for more time. A pod that is ready counts as available only
 * after `minReadySeconds`.
 */
export function progressDeadlineSeconds(target: Extract<TargetReading, { kind: 'found' }>): number {
  const { progressDeadlineSeconds: own = PROGRESS_SECONDS, minReadySeconds = 0 } = target;
  return Math.max(PROGRESS_SECONDS, Math.min(own, MAXIMUM_PROGRESS_SECONDS)) + minReadySeconds;
}

/** Seconds for which pods could load a candidate without a break. New pods need that time again after an outage. */
export function unbrokenSeconds(rollout: Rollout): number {
  const registry = conditionOf(rollout.status, 'RegistryReachable');
  const scaled = conditionOf(rollout.status, 'ScaledToZero');
  const since = [
    registry && (registry.status === 'True' ? rollout.elapsed(registry.lastTransitionTime) : 0),
    scaled && (scaled.status === 'False' ? rollout.elapsed(scaled.lastTransitionTime) : 0),
  ];
  return Math.min(...since.map((seconds) => seconds ?? Number.POSITIVE_INFINITY));
}
