import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { isRestoring, mustRestore } from './restoration.ts';
import type { Facts, Rollout } from './rollout.ts';
import { abandon, begin, reachedPods } from './transitions.ts';

/**
 * The status after a read of the alias. The read gives:
 * 1. no answer: nothing changes;
 * 2. no version: the stable version stays, and the candidate is given up;
 * 3. the refused version: it stays refused until the retry annotation changes;
 * 4. the stable version: the candidate is given up;
 * 5. the candidate: its rollout continues;
 * 6. another version: it supersedes the candidate. Pods that may be pinned to the candidate are rolled back first. They
 *    need the stable version as candidate meanwhile, and the status has room for one candidate.
 */
export function followAlias(rollout: Rollout, { alias, target }: Facts): ModelDeploymentStatus {
  const { status, retry } = rollout;
  const { stable, candidate, failed } = status;
  const rollingOut = candidate !== undefined && !isRestoring(status);
  if (alias.kind === 'absent') return rollingOut ? abandon(rollout) : status;
  if (alias.kind !== 'version') return status;
  if (alias.version === failed?.version && retry === failed.retry) return status;
  if (alias.version === stable?.version) {
    if (rollingOut) return abandon(rollout);
    return failed === undefined ? status : { ...status, failed: undefined };
  }
  if (alias.version === candidate?.version || mustRestore(rollout, target)) return status;
  return reachedPods(status) ? abandon(rollout) : begin(rollout, alias.version);
}
