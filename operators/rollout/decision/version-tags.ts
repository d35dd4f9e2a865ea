import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { isSame } from './identity.ts';

/** The tags that tell a data scientist in MLflow what became of one version. */
export interface VersionTags {
  readonly version: string;
  /** Tag key to value. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The state of each recent version, as tags `rollout.<namespace>.<name>.{status,at,reason}` of that version.
 * The tags follow from the status, so a repeated write after a restart changes nothing. `before` serves only to find a
 * candidate that was given up.
 */
export function versionTags(
  namespace: string,
  name: string,
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
): readonly VersionTags[] {
  const { phase, stable, candidate, failed, history = [] } = after;
  const outcomes = new Map<string, VersionTags>();
  const note = (version: string, state: string, at: string, reason = '') => {
    if (outcomes.has(version)) return;
    const prefix = `rollout.${namespace}.${name}`;
    const tags = { [`${prefix}.status`]: state, [`${prefix}.at`]: at, [`${prefix}.reason`]: reason };
    outcomes.set(version, { version, tags });
  };
  if (failed && !(stable && isSame(failed, stable)))
    note(failed.version, 'Refused', failed.at, failed.reason);
  if (stable) {
    const unproven = phase === 'Soaking' ? 'Soaking' : 'Serving';
    const reason = failed && isSame(failed, stable) ? failed.reason : '';
    note(stable.version, stable.soakedAt === undefined ? unproven : 'Stable', stable.since, reason);
  }
  if (candidate && phase) note(candidate.version, phase, candidate.since);
  const last = history[0];
  if (last) note(last.version, last.outcome === 'Failed' ? 'Refused' : 'Retired', last.until);
  if (before.candidate) note(before.candidate.version, 'Superseded', before.candidate.since);
  return [...outcomes.values()];
}
