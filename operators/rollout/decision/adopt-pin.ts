import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { type Facts, type Rollout, timestamp } from './rollout.ts';

/**
 * The first status of a ModelDeployment whose target already serves a pinned version, because the object was deleted and
 * made anew. That version becomes stable, and its bake time begins, so queries judge it. Any other version has to pass
 * every gate, also a version that the object before had refused. While the Deployment replaces pods, two versions may
 * serve. The status then stays as it is. Undefined if there is nothing to adopt.
 */
export function adoptPin({ status, now }: Rollout, { target }: Facts): ModelDeploymentStatus | undefined {
  if (status.phase !== undefined || target.kind !== 'found' || target.pin === undefined) return undefined;
  const { version, digest } = target.pin;
  const serves = target.availableReplicas > 0 || target.wantedReplicas === 0;
  if (!serves || version === '' || digest === '') return undefined;
  if (target.mixed && target.stuck === undefined && !target.paused) return status;
  return { ...status, phase: 'Soaking', stable: { version, digest, runId: '', since: timestamp(now) } };
}
