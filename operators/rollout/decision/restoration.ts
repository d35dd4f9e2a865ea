import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { precedesLoading } from './before-loading.ts';
import { progressDeadlineSeconds } from './deadlines.ts';
import { isEarlierVerdict } from './earlier-verdict.ts';
import type { Rollout, TargetReading } from './rollout.ts';

/**
 * True during a rollback. Then the stable version is also the candidate at weight 100, so that pods still pinned to the
 * dropped version decide with it.
 */
export function isRestoring({ phase, stable, candidate }: ModelDeploymentStatus): boolean {
  // Before pods load it, the candidate may have the stable version's number and other files, or be tried again.
  return candidate !== undefined && candidate.version === stable?.version && !precedesLoading(phase);
}

/** True if a rollback has exceeded its deadline, although the pods could be replaced. */
export function isRestoreOverdue(
  { status, elapsed }: Pick<Rollout, 'status' | 'elapsed'>,
  target: TargetReading,
): boolean {
  if (!isRestoring(status) || isRestored(status, target)) return false;
  if (target.kind === 'missing' || target.paused || target.wantedReplicas === 0) return false;
  const { idleSeconds = 0 } = target;
  // The pods may have stood still before this rollback began.
  const waited = elapsed(status.candidate?.since ?? '');
  return Math.min(idleSeconds, waited) >= progressDeadlineSeconds(target);
}

/** Whether every pod is pinned to the stable version again. */
export function isRestored({ stable }: ModelDeploymentStatus, target: TargetReading): boolean {
  return target.kind === 'found' && target.complete && target.pin?.version === stable?.version;
}

/**
 * Whether the stable version must stay the candidate. If its own pods cannot start, only another version helps. Pods of the
 * dropped version may outlive their Deployment, or its container by another name.
 */
export function mustRestore(rollout: Rollout, target: TargetReading): boolean {
  const { status } = rollout;
  if (!isRestoring(status) || isRestored(status, target)) return false;
  if (target.kind === 'missing') return true;
  const { pin, stuck, paused, idleSeconds = 0 } = target;
  if (!paused && idleSeconds >= progressDeadlineSeconds(target)) return false;
  // The pods are stuck with the dropped version, so this says nothing about those of the stable version.
  if (pin?.version !== status.stable?.version) return true;
  return stuck === undefined || isEarlierVerdict(rollout, target, status.candidate?.since ?? '');
}
