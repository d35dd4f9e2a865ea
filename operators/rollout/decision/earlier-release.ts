import type { Refusal } from '../../../services/shared/model-deployment/status.ts';
import { identityOf, isSame } from './identity.ts';
import { lastVerdict } from './revisions.ts';
import type { Rollout } from './rollout.ts';

/**
 * The rollout with a record of what an earlier release refused. That release had no `refusals`: it showed one refusal in
 * `failed`, and noted failed bake times in the history.
 */
export function withRecordedRefusals(rollout: Rollout): Rollout {
  const { failed, refusals } = rollout.status;
  if (refusals !== undefined) return rollout;
  const shown = failed === undefined ? [] : [failed];
  const recorded = [
    ...shown,
    ...failedBakeTimes(rollout).filter((refusal) => !shown.some((other) => isSame(other, refusal))),
  ];
  return recorded.length === 0 ? rollout : { ...rollout, status: { ...rollout.status, refusals: recorded } };
}

/** One refusal for each version whose last verdict is a failed bake time. A person tried the version in use again. */
function failedBakeTimes({ status, retry }: Rollout): Refusal[] {
  const { stable, candidate, history = [] } = status;
  const inUse = [stable, candidate].filter((version) => version !== undefined);
  return history
    .filter((revision) => revision.outcome === 'Failed' && lastVerdict(history, revision) === revision)
    .filter((revision) => !inUse.some((version) => isSame(version, revision)))
    .map((revision) => ({
      ...identityOf(revision),
      reason: 'SoakFailed',
      message: 'the version was rolled back during its bake time',
      at: revision.until,
      retry,
    }));
}
