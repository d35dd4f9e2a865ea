import type { RefusalReason } from '../../../services/shared/agreements/condition-reasons.ts';
import type {
  CandidateVersion,
  ModelDeploymentStatus,
  Phase,
  Revision,
} from '../../../services/shared/model-deployment/status.ts';
import { type Rollout, timestamp } from './rollout.ts';

const HISTORY_LENGTH = 10;
const MESSAGE_LENGTH = 1024;

/** Starts a rollout. A version that served well before is promoted at once. Any other version is verified first. */
export function begin({ status, now }: Rollout, version: string): ModelDeploymentStatus {
  const proven = provenRevision(status, version);
  if (proven === undefined || status.stable === undefined) {
    return enter(status, 'Verifying', { version }, now);
  }
  const { runId, digest } = proven;
  return enter(status, 'Promoting', { version, runId, digest, mode: 'canary', weightPercent: 0 }, now);
}

/** The revision in which the version served well. Undefined if there is none, or if the version failed later. */
export function provenRevision(
  { history = [] }: ModelDeploymentStatus,
  version: string,
): Revision | undefined {
  const revision = lastVerdict(history, version);
  return revision?.outcome === 'Served' ? revision : undefined;
}

/** Enters the phase that follows the passed phase. */
export function proceed({ spec, status, now }: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  const { version, runId, digest, availableReplicas } = candidate;
  const proven = { version, runId, digest, availableReplicas };
  if (status.stable === undefined) return enter(status, 'Promoting', proven, now);
  if (status.phase === 'Verifying' && spec.shadow) {
    return enter(status, 'Shadowing', { ...proven, mode: 'shadow' }, now);
  }
  const weighted = { ...proven, mode: 'canary' as const, weightPercent: candidate.weightPercent ?? 0 };
  const next = status.phase !== 'Canary' && spec.canary ? 'Canary' : 'Promoting';
  return enter(status, next, weighted, now);
}

/** Starts a new step: the same phase with another weight, measured from now on. */
export function setWeight(
  rollout: Rollout,
  candidate: CandidateVersion,
  weightPercent: number,
): ModelDeploymentStatus {
  return enter(
    rollout.status,
    rollout.status.phase ?? 'Canary',
    { ...candidate, weightPercent },
    rollout.now,
  );
}

/** Makes the candidate the stable version, and starts its bake time. */
export function promote({ status, now }: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  const { version, runId = '', digest = '' } = candidate;
  const history = closeRevision(status, now, unproven(status) ? 'Interrupted' : 'Served');
  const stable = { version, runId, digest, since: timestamp(now) };
  return { ...settle(status, 'Soaking'), stable, history };
}

/** Refuses the candidate until the alias moves or the retry annotation changes. */
export function refuse(rollout: Rollout, reason: RefusalReason, message: string): ModelDeploymentStatus {
  const { status, now } = rollout;
  const failed = failure(rollout, status.candidate?.version ?? '', reason, message);
  const refused = { ...settle(status, unproven(status) ? 'Soaking' : 'RolledBack'), failed };
  return reachedPods(status) ? takeOver(refused, now) : refused;
}

/**
 * Restores the last good version after a failed bake time. If the alias names another version that was refused, that
 * refusal stays.
 */
export function restore(rollout: Rollout, message: string): ModelDeploymentStatus {
  const { status, now } = rollout;
  const version = status.stable?.version ?? '';
  const good = lastGood(status);
  if (good === undefined) {
    const failed = failure(
      rollout,
      version,
      'SoakFailed',
      `${message}; there is no earlier version to restore`,
    );
    return { ...settle(status, status.failed ? 'RolledBack' : 'Stable'), failed: status.failed ?? failed };
  }
  const failed = status.failed ?? failure(rollout, version, 'SoakFailed', message);
  const stable = {
    version: good.version,
    runId: good.runId,
    digest: good.digest,
    since: timestamp(now),
    ...(provenRevision(status, good.version) ? { soakedAt: timestamp(now) } : {}),
  };
  const history = closeRevision(status, now, 'Failed');
  return takeOver({ ...settle(status, 'RolledBack'), failed, stable, history }, now);
}

/** Ends the bake time. `soakedAt` is undefined if the bake time gave no verdict. */
export function endSoak({ status }: Rollout, soakedAt: string | undefined): ModelDeploymentStatus {
  const { failed } = status;
  const stable = status.stable && { ...status.stable, ...(soakedAt === undefined ? {} : { soakedAt }) };
  const { candidate } = status;
  return { ...settle(status, failed ? 'RolledBack' : 'Stable'), candidate, failed, stable };
}

/** Gives the candidate up, because the alias no longer names it. An interrupted bake time continues. */
export function abandon({ status, now }: Rollout): ModelDeploymentStatus {
  if (status.stable === undefined) return settle(status, 'Waiting');
  const settled = settle(status, unproven(status) ? 'Soaking' : 'Stable');
  return reachedPods(status) ? takeOver(settled, now) : settled;
}

/** Whether pods may already be pinned to the candidate, although another version is stable. */
export function reachedPods({ phase, stable, candidate }: ModelDeploymentStatus): boolean {
  return phase === 'Promoting' && stable !== undefined && candidate?.weightPercent === 100;
}

/** Enters a phase without a candidate. */
function settle(status: ModelDeploymentStatus, phase: Phase): ModelDeploymentStatus {
  return { ...status, phase, candidate: undefined, analysis: undefined, failed: undefined };
}

export function truncate(message: string): string {
  return message.length <= MESSAGE_LENGTH ? message : `${message.slice(0, MESSAGE_LENGTH - 1)}…`;
}

function enter(
  status: ModelDeploymentStatus,
  phase: Phase,
  candidate: Omit<CandidateVersion, 'since'>,
  now: number,
): ModelDeploymentStatus {
  const { samples: _, ...fresh } = candidate;
  return { ...settle(status, phase), candidate: { ...fresh, since: timestamp(now) } };
}

function unproven({ stable }: ModelDeploymentStatus): boolean {
  return stable !== undefined && stable.soakedAt === undefined;
}

function failure({ retry, now }: Rollout, version: string, reason: RefusalReason, message: string) {
  return { version, reason, message: truncate(message), at: timestamp(now), retry };
}

/** Makes the stable version the candidate at weight 100, so that pods with another pin decide with it at once. */
function takeOver(status: ModelDeploymentStatus, now: number): ModelDeploymentStatus {
  if (status.stable === undefined) return status;
  const { version, runId, digest } = status.stable;
  const since = timestamp(now);
  return { ...status, candidate: { version, runId, digest, mode: 'canary', weightPercent: 100, since } };
}

/** The latest other version that passed its bake time. If there is none: the latest other version that did not fail. */
function lastGood(status: ModelDeploymentStatus): Revision | undefined {
  const { stable, history = [] } = status;
  const others = history.filter(({ version }) => version !== stable?.version);
  return (
    others.find(({ version }) => provenRevision(status, version)) ??
    others.find(({ version }) => lastVerdict(history, version)?.outcome !== 'Failed')
  );
}

/** The newest revision with a verdict on the version. An interrupted revision has no verdict. */
function lastVerdict(history: readonly Revision[], version: string): Revision | undefined {
  return history.find((revision) => revision.version === version && revision.outcome !== 'Interrupted');
}

function closeRevision(status: ModelDeploymentStatus, now: number, outcome: Revision['outcome']): Revision[] {
  const { stable, history = [] } = status;
  if (stable === undefined) return history;
  const { version, runId, digest, since } = stable;
  return [{ version, runId, digest, since, until: timestamp(now), outcome }, ...history].slice(
    0,
    HISTORY_LENGTH,
  );
}
