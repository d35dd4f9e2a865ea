import type { ModelDeploymentStatus, Refusal } from '../../../services/shared/model-deployment/status.ts';
import { isPinContested, isPinLost } from './foreign-pin.ts';
import { type Identity, isSame } from './identity.ts';
import { standingRefusal } from './refusals.ts';
import { isRestoring, mustRestore } from './restoration.ts';
import { provenRevision } from './revisions.ts';
import type { Facts, Rollout } from './rollout.ts';
import { abandon, begin, reachedPods, refuseAgain } from './transitions.ts';

/**
 * The status after a read of the alias. The read gives:
 * 1. no answer: nothing changes;
 * 2. no version: the stable version stays, and the candidate is given up;
 * 3. the candidate: its rollout continues;
 * 4. the stable version: another candidate is given up. The version is verified again if a failed bake time is tried again;
 * 5. a version that was refused: another candidate is given up, and the version stays refused;
 * 6. another version: it supersedes the candidate. Pods that may be pinned to the candidate are rolled back first. They
 *    need the stable version as candidate meanwhile, and the status has room for one candidate.
 */
export function followAlias(rollout: Rollout, facts: Facts): ModelDeploymentStatus {
  const { alias, target } = facts;
  const { spec, status } = rollout;
  const { stable, candidate } = status;
  const rollingOut = candidate !== undefined && !isRestoring(status);
  if (alias.kind === 'absent') return rollingOut ? abandon(rollout) : status;
  if (alias.kind !== 'version') return status;
  const { version, modelCreatedAt } = alias;
  const wanted: Identity = { version, modelCreatedAt, registry: spec.registry.url };
  if (rollingOut && isSame(candidate, wanted)) return status;
  const refusal = standingRefusal(rollout, wanted);
  if (stable !== undefined && isSame(stable, wanted)) return followStable(rollout, stable, wanted, refusal);
  if (refusal !== undefined) {
    if (rollingOut) return refuseAgain({ ...rollout, status: abandon(rollout) }, refusal);
    return refusal === status.failed ? status : refuseAgain(rollout, refusal);
  }
  const contested = facts.contest !== undefined && isPinLost(rollout, facts);
  if (contested || isPinContested(rollout, facts)) {
    // A rollback cannot wait for the other client. Any other version would share the keys with the foreign version.
    if (provenRevision(status, wanted) === undefined || spec.approval !== undefined) return status;
  } else if (mustRestore(rollout, target)) return status;
  return reachedPods(status) ? abandon(rollout) : begin(rollout, wanted);
}

/** The alias names the version that serves. It may have failed its bake time without another version to restore. */
function followStable(
  rollout: Rollout,
  stable: NonNullable<ModelDeploymentStatus['stable']>,
  wanted: Identity,
  refusal: Refusal | undefined,
): ModelDeploymentStatus {
  const { candidate, failed } = rollout.status;
  const rollingOut = candidate !== undefined && !isRestoring(rollout.status);
  if (rollingOut) return withRefusal({ ...rollout, status: abandon(rollout) }, refusal);
  const triedAgain = failed !== undefined && isSame(failed, stable) && refusal === undefined;
  if (triedAgain && candidate === undefined) return begin(rollout, wanted);
  return withIdentity(withRefusal(rollout, refusal), wanted);
}

function withRefusal(rollout: Rollout, refusal: Refusal | undefined): ModelDeploymentStatus {
  const { status, retry } = rollout;
  if (refusal === status.failed) return status;
  return { ...status, failed: refusal && { ...refusal, retry } };
}

/** An earlier release did not record where the stable version comes from. */
function withIdentity(status: ModelDeploymentStatus, wanted: Identity): ModelDeploymentStatus {
  const { stable } = status;
  if (stable === undefined) return status;
  const { registry = wanted.registry, modelCreatedAt = wanted.modelCreatedAt } = stable;
  if (registry === stable.registry && modelCreatedAt === stable.modelCreatedAt) return status;
  return { ...status, stable: { ...stable, registry, modelCreatedAt } };
}
