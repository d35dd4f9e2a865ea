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
  return [revision, ...history].slice(0, HISTORY_LENGTH);
}

/** The newest revision with a verdict on the version. An interrupted revision has no verdict. */
export function lastVerdict(history: readonly Revision[], version: Identity): Revision | undefined {
  return history.find(
    (revision) => isSame(identityOf(revision), version) && revision.outcome !== 'Interrupted',
  );
}
