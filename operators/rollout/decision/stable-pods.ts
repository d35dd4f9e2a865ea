import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { availablePods, outageSeconds, shortageOf } from './availability.ts';
import { precedesLoading } from './before-loading.ts';
import { areTooMany } from './crash-limit.ts';
import { isRestoring } from './restoration.ts';
import { provenRevision } from './revisions.ts';
import { type Facts, type Rollout, timestamp } from './rollout.ts';

/** Deadline for a target without any available pod, if the pods cannot be listed. */
const OUTAGE_SECONDS = 120;
/** Time in which pods may still fail by a candidate that was given up a moment ago. */
const SETTLING_SECONDS = 10;

/**
 * Begin of the time in which pods that fail speak against the stable version. Undefined if they do not: the version has
 * no bake time now, or the version served well before and so may be the cure.
 */
export function watchedSince({ status, elapsed }: Pick<Rollout, 'status' | 'elapsed'>): string | undefined {
  const { stable } = status;
  if (stable === undefined || !isInBakeTime(status)) return undefined;
  if (provenRevision(status, stable) !== undefined) return undefined;
  const { since, resumedAt } = stable;
  if (resumedAt === undefined) return since;
  if (!(elapsed(resumedAt) >= SETTLING_SECONDS)) return undefined;
  return timestamp(Date.parse(resumedAt) + SETTLING_SECONDS * 1000);
}

/** True also while the next version is verified or waits for its approval. No pod has loaded that version yet, so it crashes none. */
export function isInBakeTime({ phase, stable }: ModelDeploymentStatus): boolean {
  return phase === 'Soaking' || (precedesLoading(phase) && stable?.availableReplicas !== undefined);
}

/**
 * Why the stable version must not go on: its pods crashed in its bake time, or less than half of the pods that it had are
 * available. Undefined if the pods are fine, or if other causes explain that few are available.
 */
export function lostStablePods(rollout: Rollout, facts: Facts): string | undefined {
  const { spec, status } = rollout;
  const { stable } = status;
  const { target, crashes } = facts;
  if (stable === undefined || watchedSince(rollout) === undefined) return undefined;
  if (crashes !== undefined && areTooMany(crashes)) {
    return `container ${spec.target.container} crashed ${crashes.recent} times in ten minutes since version ${stable.version} serves`;
  }
  // While the pods are brought back, few of them run the stable version.
  if (target.kind !== 'found' || isRestoring(status)) return undefined;
  const { availableReplicas: most = 0 } = stable;
  const { wantedReplicas } = target;
  const available = availablePods(target.availableReplicas, facts);
  const expected = Math.min(most, wantedReplicas);
  const shortage = shortageOf(expected, available, facts);
  const blindOutage = shortage === 'unknown' && available === 0 && outageSeconds(rollout) >= OUTAGE_SECONDS;
  if (shortage !== 'unexplained' && !blindOutage) return undefined;
  return `${available} of ${expected} pods are available with version ${stable.version}, and ${most} were before`;
}

/** The status with the largest number of pods that were available in the bake time. */
export function withStablePods(
  { elapsed }: Rollout,
  status: ModelDeploymentStatus,
  { target }: Facts,
): ModelDeploymentStatus {
  const { stable } = status;
  if (stable === undefined || watchedSince({ status, elapsed }) === undefined) return status;
  if (target.kind !== 'found' || isRestoring(status)) return status;
  const availableReplicas = Math.max(stable.availableReplicas ?? 0, target.availableReplicas);
  return { ...status, stable: { ...stable, availableReplicas } };
}

/**
 * Whether the bake time must go on, because pods are wanted and none is available. While the pods are brought back after
 * another version was dropped, the bake time may end.
 */
export function isDown({ status }: Rollout, { target }: Facts): boolean {
  if (isRestoring(status)) return false;
  return target.kind === 'found' && target.wantedReplicas > 0 && target.availableReplicas === 0;
}
