import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { TargetReading } from './rollout.ts';

/** The stable version is a candidate with all keys, in pods that are pinned to a version that was dropped. */
export function isRestoring({ stable, candidate }: ModelDeploymentStatus): boolean {
  return candidate !== undefined && candidate.version === stable?.version;
}

/** Whether every pod is of the stable version again. */
export function isRestored({ stable }: ModelDeploymentStatus, target: TargetReading): boolean {
  return target.kind === 'found' && target.complete && target.pin?.version === stable?.version;
}

/** Whether the stable version has to stay a candidate: not where its pods do not come, as then only another version helps. */
export function mustRestore(status: ModelDeploymentStatus, target: TargetReading): boolean {
  if (!isRestoring(status) || isRestored(status, target) || target.kind === 'missing') return false;
  const { stuck } = target;
  return stuck === undefined || Date.parse(stuck.since) < Date.parse(status.candidate?.since ?? '');
}
