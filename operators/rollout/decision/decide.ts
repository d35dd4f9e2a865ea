import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { adoptPin } from './adopt-pin.ts';
import { withConditions } from './conditions.ts';
import { withRecordedRefusals } from './earlier-release.ts';
import { followAlias } from './follow-alias.ts';
import { isPinLost } from './foreign-pin.ts';
import { advance } from './phases.ts';
import { withDeadline } from './recorded-deadline.ts';
import type { Facts, Measurement, Rollout } from './rollout.ts';
import { takeOver } from './transitions.ts';

/**
 * The next status. If the alias asks for another version, the status only follows the alias, because the facts were
 * gathered for the phase before that change.
 */
export function decide(stored: Rollout, facts: Facts): ModelDeploymentStatus {
  const rollout = withRecordedRefusals(stored);
  const adopted = adoptPin(rollout, facts);
  if (adopted !== undefined) return withConditions({ ...rollout, status: adopted }, facts);
  const directed = followAlias(rollout, facts);
  const known = facts.alias.kind === 'version' || facts.alias.kind === 'absent';
  const status =
    directed === rollout.status ? advance(rollout, known ? facts : withoutProgress(facts)) : directed;
  const kept = isPinLost({ ...rollout, status }, facts) ? takeOver(status, rollout.now) : status;
  return withConditions({ ...rollout, status: withDeadline(rollout, facts, kept) }, facts);
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
