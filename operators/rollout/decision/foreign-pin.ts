import { isRestoring } from './restoration.ts';
import type { Denial, Facts, Rollout } from './rollout.ts';

/**
 * Whether the stable version must become the candidate at weight 100, because the operator cannot keep its pin now. Pods
 * with another pin would decide with the version of that pin, which may have been refused.
 */
export function isPinLost({ status }: Rollout, { target, contest, denials = [] }: Facts): boolean {
  const { phase, stable, candidate } = status;
  // A candidate that waits for people may wait for days. It comes back once the pin holds again.
  if (stable === undefined || (candidate !== undefined && phase !== 'AwaitingApproval')) return false;
  if (target.kind !== 'found' || target.pin === undefined) return false;
  if (target.pin.version === stable.version) return false;
  return contest !== undefined || isDenied(denials);
}

/**
 * Another version to which pods are pinned while they decide with the stable version. In a contest this is the version of
 * the other client, also while the operator's own pin holds for a moment. So the status does not follow each overwrite.
 */
export function foreignVersion({ status }: Rollout, { target, contest }: Facts): string | undefined {
  const { stable } = status;
  if (!isRestoring(status)) return undefined;
  const pinned = target.kind === 'found' ? target.pin?.version : undefined;
  return [contest?.version, pinned].find((version) => version !== undefined && version !== stable?.version);
}

/** Whether the stable version must stay in pods that another client pins again and again. */
export function isPinContested(rollout: Rollout, facts: Facts): boolean {
  return facts.contest !== undefined && foreignVersion(rollout, facts) !== undefined;
}

/** Whether the pods cannot get the pin of the stable version, by the doing of another client or of the API server. */
export function isPinHindered(rollout: Rollout, facts: Facts): boolean {
  if (foreignVersion(rollout, facts) === undefined) return false;
  return facts.contest !== undefined || isDenied(facts.denials ?? []);
}

function isDenied(denials: readonly Denial[]): boolean {
  return denials.some(({ kind }) => kind === 'write');
}
