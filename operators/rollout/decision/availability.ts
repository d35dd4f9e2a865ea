import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { conditionOf } from './condition-of.ts';
import { isRestoring } from './restoration.ts';
import { provenRevision } from './revisions.ts';
import { type Facts, type PodHealth, type Rollout, secondsWaited } from './rollout.ts';

/** One crash may be chance. */
export const CRASHES = 2;
/** Deadline for a target without any available pod, if new pods explain the outage. */
export const OUTAGE_SECONDS = 120;
/** The same deadline if the pods cannot be listed. It is short, because nothing explains the outage. */
const UNEXPLAINED_OUTAGE_SECONDS = 15;

/** Whether the pods must stay available, because they loaded a candidate that is not proven. */
export function isGatedByPods(status: ModelDeploymentStatus): boolean {
  const { candidate } = status;
  if (candidate?.mode === undefined || isRestoring(status)) return false;
  return provenRevision(status, candidate) === undefined;
}

/**
 * Why the candidate must give its keys back: pods crashed, or less than half of the pods are available. Undefined if the
 * pods are fine, or if few pods are explained by a smaller Deployment, by pods that are replaced, or by new pods.
 */
export function lostPods(rollout: Rollout, { target, crashes = 0, health }: Facts): string | undefined {
  const { candidate, phase } = rollout.status;
  const before = candidate?.availableReplicas;
  if (!isGatedByPods(rollout.status) || before === undefined || target.kind !== 'found') return undefined;
  const { availableReplicas, wantedReplicas } = target;
  // Pods of the stable version that were not available before may crash without the candidate's doing.
  const healthyBefore = before >= wantedReplicas;
  if (healthyBefore && crashes >= CRASHES) {
    return `container ${rollout.spec.target.container} crashed ${crashes} times with version ${candidate?.version} loaded`;
  }
  const expected = Math.min(before, wantedReplicas);
  const shortage = shortageOf(expected, availableReplicas, health);
  if (shortage === 'none') return undefined;
  const message = `${availableReplicas} of ${expected} pods are available with version ${candidate?.version} loaded, and ${before} were before`;
  if (shortage === 'unexplained') return message;
  // The rollout of pods has its own deadline, and may legitimately take every pod down first.
  if (phase === 'Promoting' || availableReplicas > 0) return undefined;
  const deadlineSeconds = shortage === 'unknown' ? UNEXPLAINED_OUTAGE_SECONDS : OUTAGE_SECONDS;
  return outageSeconds(rollout) >= deadlineSeconds ? message : undefined;
}

/**
 * Whether less than half of the expected pods are available.
 * - `explained`: pods that are replaced or new make up for the difference
 * - `unknown`: the pods cannot be listed
 */
export function shortageOf(
  expected: number,
  available: number,
  health: PodHealth | undefined,
): 'none' | 'explained' | 'unexplained' | 'unknown' {
  const enough = Math.max(1, Math.ceil(expected / 2));
  if (expected === 0 || available >= enough) return 'none';
  if (health === undefined) return 'unknown';
  const explained = health.starting + Math.max(0, expected - health.total);
  return available + explained < enough ? 'unexplained' : 'explained';
}

/** Seconds for which no pod of the target was available. */
export function outageSeconds(rollout: Rollout): number {
  const available = conditionOf(rollout.status, 'Available');
  return available?.status === 'False' ? secondsWaited(rollout, available.lastTransitionTime) : 0;
}
