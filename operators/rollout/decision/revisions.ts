import type { ModelDeploymentStatus, Revision } from '../../../services/shared/model-deployment/status.ts';
import { type Identity, identityOf, isSame, isSameModel } from './identity.ts';
import { timestamp } from './rollout.ts';

const HISTORY_LENGTH = 10;

/** The revision in which the version served well. Undefined if there is none, or if the version was refused later. */
export function provenRevision(
  { history = [], refusals = [] }: ModelDeploymentStatus,
  version: Identity,
): Revision | undefined {
  const revision = lastVerdict(history, version);
  if (revision?.outcome !== 'Served') return undefined;
  const refusedLater = refusals.some(
    (refusal) => isSame(refusal, revision) && Date.parse(refusal.at) > Date.parse(revision.until),
  );
  return refusedLater ? undefined : revision;
}

/** Whether the files of the version served well under any name. The registry may have moved, or its model was made anew. */
export function haveServedWell(
  { history = [], refusals = [] }: ModelDeploymentStatus,
  version: Identity,
): boolean {
  const sameFiles = {
    history: history.filter((other) => isSameFiles(other, version)).map(withoutModel),
    refusals: refusals.map(withoutModel),
  };
  return provenRevision(sameFiles, version) !== undefined;
}

/** The history, in which the files of the version have its name. */
export function renamed(history: readonly Revision[], version: Identity): Revision[] {
  const { registry, modelCreatedAt } = version;
  return history.map((other) =>
    isSameFiles(other, version) ? { ...other, registry, modelCreatedAt } : other,
  );
}

function isSameFiles(a: Identity, b: Identity): boolean {
  return a.version === b.version && a.digest !== undefined && a.digest !== '' && a.digest === b.digest;
}

function withoutModel<T extends Identity>(version: T): T {
  return { ...version, registry: undefined, modelCreatedAt: undefined };
}

/**
 * The latest other version that passed its bake time. If there is none: the latest other version that did not fail. A
 * version of the same registered model comes first, because pods may not find the others any more.
 */
export function lastGood(status: ModelDeploymentStatus): Revision | undefined {
  const { stable, history = [] } = status;
  if (stable === undefined) return undefined;
  const others = history.filter(({ version }) => version !== stable.version);
  const isProven = (revision: Revision) => provenRevision(status, revision) !== undefined;
  return (
    others.find((revision) => isSameModel(revision, stable) && isProven(revision)) ??
    others.find(isProven) ??
    others.find((revision) => lastVerdict(history, revision)?.outcome !== 'Failed')
  );
}

/** The status with the version that a rollback would restore. Pods keep its files. */
export function withFallback({ fallback: _, ...status }: ModelDeploymentStatus): ModelDeploymentStatus {
  const good = lastGood(status);
  if (!good?.digest) return status;
  return { ...status, fallback: { version: good.version, digest: good.digest } };
}

/** The history with the stable version as its newest entry. */
export function closeRevision(
  { stable, history = [] }: ModelDeploymentStatus,
  now: number,
  outcome: Revision['outcome'],
): Revision[] {
  if (stable === undefined) return history;
  const { version, runId, digest, registry, modelCreatedAt, approvals, since } = stable;
  const revision = {
    version,
    runId,
    digest,
    registry,
    modelCreatedAt,
    approvals,
    since,
    until: timestamp(now),
    outcome,
  };
  return shortened([revision, ...history]);
}

/**
 * At most as many revisions as the status keeps. What a newer revision of the same version tells goes first, so that a
 * version which comes and goes pushes no other out. The two versions that served well last stay: one may serve again, and
 * the other is its way back.
 */
function shortened(history: readonly Revision[]): Revision[] {
  const rest = [...history];
  while (rest.length > HISTORY_LENGTH) {
    const isOld = (_: Revision, index: number) => index > 0;
    const index = [isOutdated, isWithoutVerdict, isDispensable, isOld]
      .map((isLeast) => rest.findLastIndex((revision, at) => at > 0 && isLeast(revision, at, rest)))
      .find((found) => found > 0);
    rest.splice(index ?? HISTORY_LENGTH, 1);
  }
  return rest;
}

/** A newer revision of the version tells as much. */
function isOutdated(revision: Revision, at: number, history: readonly Revision[]): boolean {
  const newer = history.slice(0, at).filter((other) => isSame(other, revision));
  return newer.some(({ outcome }) => outcome !== 'Interrupted' || revision.outcome === 'Interrupted');
}

function isWithoutVerdict(revision: Revision, _at: number, history: readonly Revision[]): boolean {
  return revision.outcome === 'Interrupted' && lastVerdict(history, revision) !== undefined;
}

function isDispensable(revision: Revision, _at: number, history: readonly Revision[]): boolean {
  const served = history.filter((other, at) => other.outcome === 'Served' && !isOutdated(other, at, history));
  return !served.slice(0, 2).includes(revision);
}

/** The newest revision with a verdict on the version. An interrupted revision has no verdict. */
export function lastVerdict(history: readonly Revision[], version: Identity): Revision | undefined {
  return history.find(
    (revision) => isSame(identityOf(revision), version) && revision.outcome !== 'Interrupted',
  );
}
