import type { RefusalReason } from '../../../services/shared/agreements/condition-reasons.ts';
import {
  MESSAGE_LENGTH,
  type ModelDeploymentStatus,
  REFUSALS_LENGTH,
  type Refusal,
} from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { type Identity, identityOf, isSame } from './identity.ts';
import { type Rollout, timestamp } from './rollout.ts';
import { storableRequest } from './storable-request.ts';

/** A new refusal of the version. */
export function refusalOf(
  { retry, now }: Rollout,
  version: Identity,
  reason: RefusalReason,
  message: string,
): Refusal {
  return {
    ...plain(version),
    reason,
    message: printable(message, MESSAGE_LENGTH),
    at: timestamp(now),
    retry,
  };
}

/** The refusals with a new refusal. An older refusal of the same version says nothing more. */
export function withRefusal({ refusals = [] }: ModelDeploymentStatus, refusal: Refusal): Refusal[] {
  return [refusal, ...refusals.filter((other) => !isSame(other, refusal))].slice(0, REFUSALS_LENGTH);
}

/**
 * The refusal that holds for the version. The annotation lifts a refusal by the number of the version, alone or followed
 * by a character that is no digit. It lifts the refusal that is shown in `failed` also by a value that begins with no
 * digit. Its removal lifts nothing, and neither does a value that the refusal has seen.
 */
export function standingRefusal({ status, retry }: Rollout, version: Identity): Refusal | undefined {
  const { failed, refusals = [] } = status;
  // An earlier release stored a long value whole.
  const isNew = (refusal: Refusal) => storableRequest(refusal.retry) !== retry;
  const isLifted = (refusal: Refusal) =>
    isNew(refusal) && (namesVersion(retry, version) || namesVersion(retry, refusal));
  if (failed !== undefined && isSame(failed, version)) {
    const withoutNumber = /^\D/.test(retry ?? '') && isNew(failed);
    // `failed` has the annotation of the time at which the alias came back, and the record that of the refusal.
    const unseen = refusals.filter((refusal) => isSame(refusal, version)).every(isNew);
    return unseen && (withoutNumber || isLifted(failed)) ? undefined : failed;
  }
  return refusals.find((refusal) => {
    const known = isSame(refusal, version) || hasSameFiles(refusal, version);
    return known && refusal.liftedAt === undefined && !isLifted(refusal);
  });
}

/** The refusals without those of the version, which is tried again. They stay on record. */
export function liftRefusals(
  { refusals, failed }: ModelDeploymentStatus,
  version: Identity,
  now: number,
): Refusal[] | undefined {
  const lifted = [failed, ...(refusals ?? [])].filter((refusal) => refusal && isSame(refusal, version));
  const digests = new Set(lifted.flatMap((refusal) => refusal?.digest ?? []));
  return refusals?.map((refusal) => {
    const isLifted = isSame(refusal, version) || digests.has(refusal.digest ?? '');
    return isLifted && refusal.liftedAt === undefined ? { ...refusal, liftedAt: timestamp(now) } : refusal;
  });
}

/** Whether the value of an annotation names the version: `7`, or `7-again`, but not `70`. */
export function namesVersion(request: string | undefined, { version }: Identity): boolean {
  if (!request?.startsWith(version)) return false;
  return !/^\d/.test(request.slice(version.length));
}

/** The same files were refused, under whatever number. */
function hasSameFiles({ digest }: Identity, version: Identity): boolean {
  return Boolean(digest) && digest === version.digest;
}

function plain(version: Identity): Identity {
  const { digest, ...rest } = identityOf(version);
  return digest ? { ...rest, digest } : rest;
}
