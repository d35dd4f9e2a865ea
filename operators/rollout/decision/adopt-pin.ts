import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { type Facts, type Rollout, timestamp } from './rollout.ts';

/**
 * The first status of a ModelDeployment whose target already serves a pinned version, because the object was deleted and
 * made anew. That version becomes stable, unproven. So any other version has to pass every gate, also a version that the
 * object before had refused. Undefined if there is nothing to adopt.
 */
export function adoptPin({ status, now }: Rollout, { target }: Facts): ModelDeploymentStatus | undefined {
  if (status.phase !== undefined || target.kind !== 'found' || target.pin === undefined) return undefined;
  const { version, digest } = target.pin;
  const serves = target.availableReplicas > 0 || target.wantedReplicas === 0;
  if (!serves || version === '' || digest === '') return undefined;
  return { ...status, phase: 'Stable', stable: { version, digest, runId: '', since: timestamp(now) } };
}
