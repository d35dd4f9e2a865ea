import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { conditionOf } from './condition-of.ts';
import { areTooMany, crashLimit } from './crash-limit.ts';
import { isRestoring } from './restoration.ts';
import { provenRevision } from './revisions.ts';
import { type Facts, type Rollout, secondsWaited } from './rollout.ts';

/** Time for which few pods may be available while the pods cannot be listed. It is short, because nothing explains them. */
const BLIND_SECONDS = 15;

/** Whether the pods must stay available, because they loaded a candidate that is not proven. */
function isGatedByPods(status: ModelDeploymentStatus): boolean {
  const { candidate } = status;
  if (candidate?.mode === undefined || isRestoring(status)) return false;
  return provenRevision(status, candidate) === undefined;
}

/** The status with the most pods that were available since the pods were told to load the candidate. */
export function withAvailability(status: ModelDeploymentStatus, { target }: Facts): ModelDeploymentStatus {
  const { candidate } = status;
  if (candidate === undefined || !isGatedByPods(status) || target.kind !== 'found') return status;
  // While pods are replaced, more pods than wanted may be available.
  const available = Math.min(target.availableReplicas, target.wantedReplicas);
  const availableReplicas = Math.max(candidate.availableReplicas ?? 0, available);
  return { ...status, candidate: { ...candidate, availableReplicas } };
}

/** Why the candidate must give its keys back. Undefined if the pods are fine, or if a healthy cause explains them. */
export function lostPods(rollout: Rollout, facts: Facts): string | undefined {
  const { target, crashes } = facts;
  const { candidate } = rollout.status;
  if (!isGatedByPods(rollout.status) || target.kind !== 'found') return undefined;
  const loaded = `version ${candidate?.version} loaded`;
  if (crashes !== undefined && areTooMany(crashes)) {
    return `container ${rollout.spec.target.container} crashed ${crashes.recent} times in ten minutes with ${loaded}`;
  }
  return fallen(facts, target.wantedReplicas, loaded) ?? missing(rollout, facts, loaded);
}

/** While the pods cannot be listed, each pod that becomes unavailable may have crashed. */
function fallen({ blind }: Facts, pods: number, loaded: string): string | undefined {
  if (blind === undefined) return undefined;
  const limit = crashLimit(pods, { restarts: 0, podSeconds: 0 });
  if (blind.falls < limit) return undefined;
  return `pods became unavailable ${blind.falls} times in ten minutes with ${loaded}, and they cannot be listed`;
}

/** Too few pods are available, and no healthy cause explains the others. */
function missing(rollout: Rollout, facts: Facts, loaded: string): string | undefined {
  const { target, blind } = facts;
  const { phase, candidate } = rollout.status;
  if (target.kind !== 'found') return undefined;
  const { wantedReplicas, startSeconds } = target;
  const available = availablePods(target.availableReplicas, facts);
  const { availableReplicas: most = 0 } = candidate ?? {};
  const expected = Math.min(most, wantedReplicas);
  const message = `${available} of ${expected} pods are available with ${loaded}, and ${most} were before`;
  if (expected > 0 && (blind?.lowSeconds ?? 0) >= BLIND_SECONDS) return message;
  const shortage = shortageOf(expected, available, facts);
  if (shortage === 'none') return undefined;
  if (shortage === 'unexplained') return message;
  // The rollout of pods has its own deadline, and may legitimately take every pod down first.
  if (phase === 'Promoting' || available > 0) return undefined;
  const deadlineSeconds = shortage === 'unknown' ? BLIND_SECONDS : startSeconds;
  return outageSeconds(rollout) >= deadlineSeconds ? message : undefined;
}

/**
 * Whether less than half of the expected pods are available.
 * - `explained`: pods that start, that are being made, or that crash no more often than before make up for the difference
 * - `unknown`: the pods cannot be listed
 */
export function shortageOf(
  expected: number,
  available: number,
  { health, crashes }: Pick<Facts, 'health' | 'crashes'>,
): 'none' | 'explained' | 'unexplained' | 'unknown' {
  const enough = Math.max(1, Math.ceil(expected / 2));
  if (expected === 0 || available >= enough) return 'none';
  if (health === undefined) return 'unknown';
  const asBefore = (crashes?.before.restarts ?? 0) > 0 ? health.restarting : 0;
  const explained = health.starting + asBefore + Math.max(0, expected - health.total);
  return available + explained < enough ? 'unexplained' : 'explained';
}

/** The pods themselves show a loss also while no controller writes the status of the Deployment. */
export function availablePods(availableReplicas: number, { health }: Pick<Facts, 'health'>): number {
  return Math.min(availableReplicas, health?.ready ?? availableReplicas);
}

/** Seconds for which no pod of the target was available. */
export function outageSeconds(rollout: Rollout): number {
  const available = conditionOf(rollout.status, 'Available');
  return available?.status === 'False' ? secondsWaited(rollout, available.lastTransitionTime) : 0;
}
