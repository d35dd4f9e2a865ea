import { isRestoreOverdue } from './restoration.ts';
import type { Facts, Rollout } from './rollout.ts';

/**
 * Why another version must be restored: the deadline of the rollback is over, and less than half of the running pods have
 * the stable version loaded. Undefined if most pods decide with it, so that only their replacement is late.
 */
export function stuckRestore(rollout: Rollout, facts: Facts): string | undefined {
  const { pods } = facts;
  if (pods === undefined || pods.total === 0 || pods.loaded * 2 >= pods.total) return undefined;
  return undecidedPods(rollout, facts);
}

/** Which pods do not decide with the stable version, although the deadline of the rollback is over. */
export function undecidedPods(rollout: Rollout, { target, pods }: Facts): string | undefined {
  if (pods === undefined || pods.loaded === pods.total || !isRestoreOverdue(rollout, target))
    return undefined;
  const { stable } = rollout.status;
  const { otherVersions = [] } = pods;
  const rest =
    otherVersions.length === 0
      ? 'the others do not serve'
      : `the others decide with version ${otherVersions.join(' or ')}`;
  return `only ${pods.loaded} of ${pods.total} pods loaded version ${stable?.version}, and ${rest}`;
}
