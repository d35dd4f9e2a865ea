import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { abort } from './abort.ts';
import { adoptPin, withoutOlderApprovals } from './adopt-pin.ts';
import { breakGlass } from './break-glass.ts';
import { breakGlassFinding } from './break-glass-condition.ts';
import { withConditions } from './conditions.ts';
import { withRecordedRefusals } from './earlier-release.ts';
import { withLostEnds } from './ended-versions.ts';
import { followAlias } from './follow-alias.ts';
import { isPinLost } from './foreign-pin.ts';
import { withLapsedApproval } from './lapsed-approval.ts';
import { advance } from './phases.ts';
import { withDeadline } from './recorded-deadline.ts';
import { withFallback } from './revisions.ts';
import type { Facts, Measurement, Rollout } from './rollout.ts';
import { takeOver } from './transitions.ts';

/**
 * The next status. A person's order to go back comes first, then a request to give the candidate up, then the alias. If
 * the alias asks for another version, the status only follows the alias, because the facts were
 * gathered for the phase before that change.
 */
export function decide(stored: Rollout, facts: Facts): ModelDeploymentStatus {
  const rollout = withRecordedRefusals(stored);
  const adopted = adoptPin(rollout, facts);
  if (adopted !== undefined) {
    const status = withoutOlderApprovals(rollout, facts, adopted);
    return withConditions({ ...rollout, status }, facts);
  }
  const status = breakGlass(rollout, facts) ?? abort(rollout) ?? directedByAlias(rollout, facts);
  const decided = withLapsedApproval(rollout, status);
  const kept = isPinLost({ ...rollout, status: decided }, facts) ? takeOver(decided, rollout.now) : decided;
  const remembered = withoutOlderApprovals(rollout, facts, withLostEnds(rollout.status, kept));
  const next = { ...rollout, status: withFallback(withDeadline(rollout, facts, remembered)) };
  return withConditions(next, facts, breakGlassFinding(rollout, next));
}

function directedByAlias(rollout: Rollout, facts: Facts): ModelDeploymentStatus {
  const directed = followAlias(rollout, facts);
  if (directed !== rollout.status) return directed;
  const known = facts.alias.kind === 'version' || facts.alias.kind === 'absent';
  return advance(rollout, known ? facts : withoutProgress(facts));
}

/**
 * The facts without any progress: no verification, no loaded pod, no complete rollout of pods, no passed measurement.
 * `decide` uses them while MLflow does not say which version is wanted. A failed measurement still stops a version.
 */
function withoutProgress({ alias, target, measurement, crashes, health, blind, decided }: Facts): Facts {
  return {
    alias,
    target:
      target.kind === 'found'
        ? { ...target, complete: false, paused: false, stuck: undefined, idleSeconds: 0 }
        : target,
    measurement: measurement && withoutSuccess(measurement),
    crashes,
    health,
    blind,
    decided,
  };
}

function withoutSuccess(measurement: Measurement): Measurement {
  if (measurement.kind !== 'measured' || measurement.verdict !== 'passed') return measurement;
  return {
    ...measurement,
    verdict: 'inconclusive',
    message: `a passed measurement does not count while MLflow gives no version: ${measurement.message}`,
  };
}
