import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { conditionOf } from './condition-of.ts';
import { isRestoring } from './restoration.ts';
import { provenRevision } from './revisions.ts';
import { type Facts, type PodHealth, type Rollout, secondsWaited } from './rollout.ts';

/** One crash may be chance. */
const CRASHES = 2;
/** Deadline for a target without any available pod, if new pods explain the outage. */
const OUTAGE_SECONDS = 120;
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
  if (expected === 0) return undefined;
  const enough = Math.max(1, Math.ceil(expected / 2));
  if (availableReplicas >= enough) return undefined;
  const message = `${availableReplicas} of ${expected} pods are available with version ${candidate?.version} loaded, and ${before} were before`;
  if (health !== undefined && availableReplicas + explained(health, expected) < enough) return message;
  // The rollout of pods has its own deadline, and may legitimately take every pod down first.
  if (phase === 'Promoting' || availableReplicas > 0) return undefined;
  const deadlineSeconds = health === undefined ? UNEXPLAINED_OUTAGE_SECONDS : OUTAGE_SECONDS;
  return outageSeconds(rollout) >= deadlineSeconds ? message : undefined;
}

/** Pods that are replaced or new, and so need not be available yet. */
function explained({ total, starting }: PodHealth, expected: number): number {
  return starting + Math.max(0, expected - total);
}

function outageSeconds(rollout: Rollout): number {
  const available = conditionOf(rollout.status, 'Available');
  return available?.status === 'False' ? secondsWaited(rollout, available.lastTransitionTime) : 0;
}
