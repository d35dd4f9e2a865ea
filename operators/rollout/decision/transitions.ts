import type { RefusalReason } from '../../../services/shared/agreements/condition-reasons.ts';
import type {
  CandidateVersion,
  ModelDeploymentStatus,
  Phase,
  Refusal,
  Revision,
} from '../../../services/shared/model-deployment/status.ts';
import { precedesLoading } from './before-loading.ts';
import { withCanary } from './failures.ts';
import { type Identity, identityOf, isSame } from './identity.ts';
import { liftRefusals, refusalOf, withRefusal } from './refusals.ts';
import { closeRevision, lastGood, provenRevision, renamed } from './revisions.ts';
import { type Rollout, timestamp } from './rollout.ts';

/**
 * Starts a rollout. A version that served well before is promoted at once, or waits for its approval if the spec asks for
 * one. Any other version is verified first, also one that was refused and is tried again.
 */
export function begin({ spec, status, now }: Rollout, wanted: Identity): ModelDeploymentStatus {
  const fresh = { ...status, refusals: liftRefusals(status, wanted, now) };
  const { stable } = status;
  const proven = provenRevision(status, wanted);
  if (proven === undefined || stable === undefined || isSame(stable, wanted)) {
    return enter(fresh, 'Verifying', identityOf(wanted), now);
  }
  const { runId, digest } = proven;
  if (spec.approval !== undefined) {
    return enter(fresh, 'AwaitingApproval', { ...identityOf(wanted), runId, digest }, now);
  }
  const candidate = { ...identityOf(wanted), runId, digest, mode: 'canary', weightPercent: 0 } as const;
  return enter(fresh, 'Promoting', candidate, now);
}

/** Holds a verified candidate until the statements that the spec asks for are there. No pod loads it meanwhile. */
export function awaitApproval({ status, now }: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  return enter(status, 'AwaitingApproval', { ...identityOf(candidate), runId: candidate.runId }, now);
}

/** Enters the phase that follows the passed phase. */
export function proceed({ spec, status, now }: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  const { runId, approvals, availableReplicas } = candidate;
  const proven = { ...identityOf(candidate), runId, approvals, availableReplicas };
  if (status.stable === undefined) return enter(status, 'Promoting', proven, now);
  const deployment = spec.canary?.isolated?.deployment;
  const apart = deployment === undefined ? {} : { isolated: { deployment } };
  if (precedesLoading(status.phase) && spec.shadow) {
    return enter(status, 'Shadowing', { ...proven, ...apart, mode: 'shadow' }, now);
  }
  const weighted = { ...proven, mode: 'canary' as const, weightPercent: candidate.weightPercent ?? 0 };
  if (status.phase !== 'Canary' && spec.canary)
    return enter(status, 'Canary', { ...weighted, ...apart }, now);
  // From here on the pods of the target load the candidate, because they will serve it.
  const canary = status.phase === 'Canary' ? withCanary(spec, status, timestamp(now)) : undefined;
  return enter(status, 'Promoting', { ...weighted, ...(canary && { canary }) }, now);
}

/** Promotes a verified candidate at once, because its files served well under another name. */
export function recognise({ status, now }: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  const known = { ...status, history: renamed(status.history ?? [], candidate) };
  const { runId, approvals } = candidate;
  const proven = { ...identityOf(candidate), runId, approvals, mode: 'canary', weightPercent: 0 } as const;
  return enter(known, 'Promoting', proven, now);
}

/** Starts a new step: the same phase with another weight, measured from now on. */
export function setWeight(
  { spec, status, now }: Rollout,
  candidate: CandidateVersion,
  weightPercent: number,
): ModelDeploymentStatus {
  const { phase = 'Canary' } = status;
  const canary = phase === 'Canary' ? withCanary(spec, status, timestamp(now)) : candidate.canary;
  return enter(status, phase, { ...candidate, ...(canary && { canary }), weightPercent }, now);
}

/** Makes the candidate the stable version, and starts its bake time. */
export function promote({ status, now }: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  const { version, runId = '', digest = '', registry, modelCreatedAt, approvals } = candidate;
  const history = closeRevision(status, now, unproven(status) ? 'Interrupted' : 'Served');
  const stable = { version, runId, digest, registry, modelCreatedAt, approvals, since: timestamp(now) };
  return { ...settle(status, 'Soaking'), stable, history };
}

/**
 * Refuses the candidate until the retry annotation lifts the refusal. If the version that serves was verified again, that
 * version goes on serving.
 */
export function refuse(rollout: Rollout, reason: RefusalReason, message: string): ModelDeploymentStatus {
  const { status, now } = rollout;
  const { stable, candidate } = status;
  if (candidate === undefined) return status;
  const failed = refusalOf(rollout, candidate, reason, message);
  const serves = stable !== undefined && isSame(stable, candidate);
  const settled =
    !serves && unproven(status) ? resumeSoak(rollout) : settle(status, serves ? 'Stable' : 'RolledBack');
  const refused = { ...settled, failed, refusals: withRefusal(status, failed) };
  return reachedPods(status) ? takeOver(refused, now) : refused;
}

/** Shows an earlier refusal of the version that the alias names again. No pod loads the version. */
export function refuseAgain(rollout: Rollout, refusal: Refusal): ModelDeploymentStatus {
  const { retry, status } = rollout;
  const { liftedAt: _, ...recorded } = refusal;
  const phase = status.phase === 'Soaking' ? 'Soaking' : 'RolledBack';
  return { ...status, phase, failed: { ...recorded, retry } };
}

/**
 * Restores the last good version after a failed bake time. If the alias names another version that was refused, that
 * refusal stays.
 */
export function restore(rollout: Rollout, reason: RefusalReason, message: string): ModelDeploymentStatus {
  const { status, now } = rollout;
  if (status.stable === undefined) return status;
  const good = lastGood(status);
  const why = good === undefined ? `${message}; there is no earlier version to restore` : message;
  const refusal = refusalOf(rollout, status.stable, reason, why);
  const failed = status.failed ?? refusal;
  const refusals = withRefusal(status, refusal);
  if (good === undefined) {
    const settled = settle(status, status.failed ? 'RolledBack' : 'Stable');
    return { ...settled, failed, refusals, stable: withoutWatch(status.stable) };
  }
  const stable = {
    version: good.version,
    runId: good.runId,
    digest: good.digest,
    registry: good.registry,
    modelCreatedAt: good.modelCreatedAt,
    approvals: good.approvals,
    since: timestamp(now),
    ...(provenRevision(status, good) ? { soakedAt: timestamp(now) } : {}),
  };
  const history = closeRevision(status, now, 'Failed');
  return takeOver({ ...settle(status, 'RolledBack'), failed, refusals, stable, history }, now);
}

/**
 * Goes back to an earlier version because a person says so, whatever became of that version before. The version that serves
 * is refused, and so is a candidate.
 */
export function leave(rollout: Rollout, target: Revision, message: string): ModelDeploymentStatus {
  const { status, now } = rollout;
  const { stable: left, candidate } = status;
  if (left === undefined) return status;
  const given = candidate !== undefined && !isSame(candidate, target) ? [candidate] : [];
  // The same files under another number must not refuse the version that is restored.
  const named = [left, ...given].map((version) =>
    version.digest === target.digest ? { ...version, digest: undefined } : version,
  );
  const refusals = named.map((version) => refusalOf(rollout, version, 'BreakGlass', message));
  let refused = status;
  for (const refusal of refusals) refused = { ...refused, refusals: withRefusal(refused, refusal) };
  const { version, runId, digest, registry, modelCreatedAt, approvals } = target;
  const isProven = provenRevision(status, target) !== undefined;
  const stable = {
    ...{ version, runId, digest, registry, modelCreatedAt, approvals },
    since: timestamp(now),
    ...(isProven ? { soakedAt: timestamp(now) } : {}),
  };
  const history = closeRevision(status, now, 'Failed');
  const settled = settle(refused, 'RolledBack');
  const lifted = liftRefusals(refused, target, now);
  return takeOver({ ...settled, failed: refusals.at(-1), refusals: lifted, stable, history }, now);
}

/** Restores another good version, because pods cannot load the stable version. Without another version all stays. */
export function restoreEarlier(rollout: Rollout, message: string): ModelDeploymentStatus {
  return lastGood(rollout.status) ? restore(rollout, 'RestoreStuck', message) : rollout.status;
}

/** Ends the bake time. `soakedAt` is undefined if the bake time gave no verdict. */
export function endSoak({ status }: Rollout, soakedAt: string | undefined): ModelDeploymentStatus {
  const { failed, candidate } = status;
  const stable = status.stable && {
    ...withoutWatch(status.stable),
    ...(soakedAt === undefined ? {} : { soakedAt }),
  };
  return { ...settle(status, failed ? 'RolledBack' : 'Stable'), candidate, failed, stable };
}

/** Gives the candidate up, because the alias no longer names it. An interrupted bake time continues. */
export function abandon(rollout: Rollout): ModelDeploymentStatus {
  const { status, now } = rollout;
  if (status.stable === undefined) return settle(status, 'Waiting');
  const settled = unproven(status) ? resumeSoak(rollout) : settle(status, 'Stable');
  return reachedPods(status) ? takeOver(settled, now) : settled;
}

/**
 * Ends the verification of a version that is the stable version under another name: the registry moved, or its model was
 * made anew. Nothing is rolled out. `again`: the version was tried again, so its bake time begins anew.
 */
export function confirmStable(
  { status, now }: Rollout,
  { registry, modelCreatedAt, runId = '' }: CandidateVersion,
  again: boolean,
): ModelDeploymentStatus {
  const { stable } = status;
  if (stable === undefined) return status;
  const { soakedAt, ...unsoaked } = withoutWatch(stable);
  if (again) {
    return { ...settle(status, 'Soaking'), stable: { ...unsoaked, since: timestamp(now) } };
  }
  const confirmed = { ...stable, registry, modelCreatedAt, runId };
  return { ...settle(status, soakedAt === undefined ? 'Soaking' : 'Stable'), stable: confirmed };
}

/** Whether pods may already be pinned to the candidate, although another version is stable. */
export function reachedPods({ phase, stable, candidate }: ModelDeploymentStatus): boolean {
  return phase === 'Promoting' && stable !== undefined && candidate?.weightPercent === 100;
}

/** Lets an interrupted bake time go on. Pods that loaded the candidate may be down by it, so they are counted anew. */
function resumeSoak({ status, now }: Rollout): ModelDeploymentStatus {
  const { stable, candidate } = status;
  if (candidate?.mode === undefined) return settle(status, 'Soaking');
  const resumed = stable && { ...withoutWatch(stable), resumedAt: timestamp(now) };
  return { ...settle(status, 'Soaking'), stable: resumed };
}

/** The stable version without what only its bake time needs. */
function withoutWatch(stable: NonNullable<ModelDeploymentStatus['stable']>) {
  const { resumedAt: _, availableReplicas: __, ...rest } = stable;
  return rest;
}

/** Enters a phase without a candidate. */
function settle(status: ModelDeploymentStatus, phase: Phase): ModelDeploymentStatus {
  return { ...status, phase, candidate: undefined, analysis: undefined, failed: undefined };
}

function enter(
  status: ModelDeploymentStatus,
  phase: Phase,
  candidate: Omit<CandidateVersion, 'since'>,
  now: number,
): ModelDeploymentStatus {
  const { samples: _, passedAt: __, ...fresh } = candidate;
  return { ...settle(status, phase), candidate: { ...fresh, since: timestamp(now) } };
}

function unproven({ stable }: ModelDeploymentStatus): boolean {
  return stable !== undefined && stable.soakedAt === undefined;
}

/** Makes the stable version the candidate at weight 100, so that pods with another pin decide with it at once. */
export function takeOver(status: ModelDeploymentStatus, now: number): ModelDeploymentStatus {
  if (status.stable === undefined) return status;
  const { version, runId, digest, registry, modelCreatedAt } = status.stable;
  const stable = { version, runId, digest, registry, modelCreatedAt };
  const since = timestamp(now);
  return { ...status, candidate: { ...stable, mode: 'canary', weightPercent: 100, since } };
}
