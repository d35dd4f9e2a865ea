import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { AliasReading, Rollout } from './rollout.ts';
import { abandon, begin } from './transitions.ts';

/**
 * Whether the alias asks for something else than what is under way.
 * 1. No answer: nothing changes. 2. No alias: what serves goes on, what was on its way is dropped.
 * 3. The version that was refused: it stays refused until retried. 4. The stable version: nothing more to do.
 * 5. The candidate: it goes on. 6. Any other version supersedes whatever was on its way.
 */
export function followAlias(rollout: Rollout, alias: AliasReading): ModelDeploymentStatus {
  const { status, retry } = rollout;
  const { stable, candidate, failed } = status;
  const onItsWay = candidate !== undefined && candidate.version !== stable?.version;
  if (alias.kind === 'absent') return onItsWay ? abandon(rollout) : status;
  if (alias.kind !== 'version') return status;
  if (alias.version === failed?.version && retry === failed.retry) return status;
  if (alias.version === stable?.version) {
    if (onItsWay) return abandon(rollout);
    return failed === undefined ? status : { ...status, failed: undefined };
  }
  return alias.version === candidate?.version ? status : begin(rollout, alias.version);
}
