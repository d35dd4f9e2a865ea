import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { isRestoring, mustRestore } from './restoration.ts';
import type { Facts, Rollout } from './rollout.ts';
import { abandon, begin, reachedPods } from './transitions.ts';

/**
 * Whether the alias asks for something else than what is under way.
 * 1. No answer: nothing changes. 2. No alias: what serves goes on, what was on its way is dropped.
 * 3. The version that was refused: it stays refused until retried. 4. The stable version: nothing more to do.
 * 5. The candidate: it goes on. 6. Any other version supersedes whatever was on its way; what
 * pods may be pinned to is dropped first, and they are brought back, as there is one candidate and they need it.
 */
export function followAlias(rollout: Rollout, { alias, target }: Facts): ModelDeploymentStatus {
  const { status, retry } = rollout;
  const { stable, candidate, failed } = status;
  const onItsWay = candidate !== undefined && !isRestoring(status);
  if (alias.kind === 'absent') return onItsWay ? abandon(rollout) : status;
  if (alias.kind !== 'version') return status;
  if (alias.version === failed?.version && retry === failed.retry) return status;
  if (alias.version === stable?.version) {
    if (onItsWay) return abandon(rollout);
    return failed === undefined ? status : { ...status, failed: undefined };
  }
  if (alias.version === candidate?.version || mustRestore(status, target)) return status;
  return reachedPods(status) ? abandon(rollout) : begin(rollout, alias.version);
}
