import type { ModelDeploymentStatus, Revision } from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { isPinContested } from './foreign-pin.ts';
import { type Identity, isSame } from './identity.ts';
import { isRestored, isRestoring } from './restoration.ts';
import { lastGood } from './revisions.ts';
import type { Facts, Rollout } from './rollout.ts';
import { firstWord } from './storable-request.ts';
import { abandon, leave, refuse } from './transitions.ts';

/** As long as the field may be. */
export const PIN_REASON_LENGTH = 500;

/**
 * The status after a person went back to an earlier version, by `spec.pin` or by the annotation `rollback`. That needs
 * neither the alias nor MLflow, only the status. Undefined if nobody asks for it now, so that the alias decides.
 * A pin that names a version which has not served here changes nothing, and a condition tells so.
 */
export function breakGlass(rollout: Rollout, facts: Facts): ModelDeploymentStatus | undefined {
  const { spec, status, rollback } = rollout;
  const pinned = pinnedVersion(rollout);
  if (pinned !== undefined) {
    const why =
      spec.pin?.reason === undefined
        ? 'spec.pin'
        : `spec.pin: ${printable(spec.pin.reason, PIN_REASON_LENGTH)}`;
    return noted(goTo(rollout, facts, pinned, why), rollback);
  }
  if (!isRollbackNew(rollout)) return undefined;
  const target = rollbackTarget(rollout);
  if (target === undefined) return noted(status, rollback);
  const by = rollout.requestedBy?.rollback;
  const author = by === undefined ? '' : `, set by ${printable(by)}`;
  return noted(
    goTo(rollout, facts, target, `the annotation rollback${author}: ${printable(rollback ?? '')}`),
    rollback,
  );
}

/** Whether a person asks for another version than the version that serves. Then nothing may delay the decision. */
export function isBreakGlassUrgent(rollout: Rollout): boolean {
  const { status } = rollout;
  const pinned = pinnedVersion(rollout);
  if (pinned === undefined) return isRollbackNew(rollout);
  return !(isAt(status, pinned) && (status.candidate === undefined || isRestoring(status)));
}

/** The version that `spec.pin` names. Undefined without a pin, or if no version with that digest has served here. */
export function pinnedVersion({ spec, status }: Pick<Rollout, 'spec' | 'status'>): Identity | undefined {
  const { pin } = spec;
  if (pin === undefined) return undefined;
  const { stable, history = [] } = status;
  return [stable, ...history].find((known) => known?.version === pin.version && known.digest === pin.digest);
}

/** Whether the annotation has a value that was not acted upon. */
export function isRollbackNew({ status, rollback }: Rollout): boolean {
  return Boolean(rollback) && rollback !== status.requests?.rollback;
}

/**
 * The version that the annotation names: `VERSION` or `previous`, alone or followed by other text. While a canary decides
 * keys, the stable version is the previous version. Undefined if no such version has served here.
 */
export function rollbackTarget({
  status,
  rollback = '',
}: Pick<Rollout, 'status' | 'rollback'>): Identity | undefined {
  const { stable, candidate, history = [] } = status;
  const named = firstWord(rollback);
  if (stable === undefined) return undefined;
  if (named !== 'previous')
    return [stable, ...history].find((known) => known.version === named && known.digest);
  const decides = candidate?.mode === 'canary' && (candidate.weightPercent ?? 0) > 0;
  if (decides && !isRestoring(status)) return stable;
  const good = lastGood(status);
  return good?.digest ? good : undefined;
}

/** Makes the version serve. Whatever else was rolled out is refused, so that the alias does not bring it back. */
function goTo(rollout: Rollout, facts: Facts, target: Identity, why: string): ModelDeploymentStatus {
  const { status } = rollout;
  const { stable, candidate } = status;
  const message = `version ${target.version} was restored by ${why}`;
  if (!isAt(status, target)) return leave(rollout, target as Revision, message);
  if (candidate === undefined) return settled(status);
  if (isRestoring(status)) {
    const ends = isRestored(status, facts.target) && !isPinContested(rollout, facts);
    return ends ? settled({ ...status, candidate: undefined }) : status;
  }
  // The version that serves is verified again. That proves nothing against it.
  if (stable !== undefined && isSame(stable, candidate)) return abandon(rollout);
  return refuse(rollout, 'BreakGlass', message);
}

function isAt({ stable }: ModelDeploymentStatus, target: Identity): boolean {
  return stable !== undefined && stable.version === target.version && stable.digest === target.digest;
}

function settled(status: ModelDeploymentStatus): ModelDeploymentStatus {
  const over = status.phase === 'RolledBack' && status.failed === undefined;
  return over ? { ...status, phase: 'Stable' } : status;
}

/** The status with the value of the annotation, which must not act again. */
function noted(status: ModelDeploymentStatus, rollback: string | undefined): ModelDeploymentStatus {
  if (!rollback || status.requests?.rollback === rollback) return status;
  return { ...status, requests: { ...status.requests, rollback } };
}
