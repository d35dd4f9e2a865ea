import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { withConditions } from './conditions.ts';
import { followAlias } from './follow-alias.ts';
import { advance } from './phases.ts';
import type { Facts, Measurement, Rollout } from './rollout.ts';

/**
 * The next status. A change of direction by the alias goes first and alone, as the facts were gathered for the
 * phase before it.
 */
export function decide(rollout: Rollout, facts: Facts): ModelDeploymentStatus {
  const directed = followAlias(rollout, facts);
  const known = facts.alias.kind === 'version' || facts.alias.kind === 'absent';
  const status = directed === rollout.status ? advance(rollout, known ? facts : held(facts)) : directed;
  return withConditions({ ...rollout, status }, facts);
}

/**
 * While the registry does not say which version is wanted, nothing that leads forward counts: no verdict of a
 * verification, no loaded pod, no finished rollout of pods, no good measurement. A failed one still stops a version.
 */
function held({ alias, target, measurement }: Facts): Facts {
  return {
    alias,
    target: target.kind === 'found' ? { ...target, complete: false, stuck: undefined } : target,
    ...(measurement ? { measurement: withoutSuccess(measurement) } : {}),
  };
}

function withoutSuccess(measurement: Measurement): Measurement {
  if (measurement.kind !== 'measured' || measurement.verdict !== 'passed') return measurement;
  return { ...measurement, verdict: 'inconclusive', message: `the registry is away; ${measurement.message}` };
}
