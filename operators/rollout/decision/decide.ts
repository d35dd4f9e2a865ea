import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { withConditions } from './conditions.ts';
import { followAlias } from './follow-alias.ts';
import { advance } from './phases.ts';
import type { Facts, Rollout } from './rollout.ts';

/**
 * The next status. A change of direction by the alias goes first and alone, as the facts were gathered for the
 * phase before it.
 */
export function decide(rollout: Rollout, facts: Facts): ModelDeploymentStatus {
  const directed = followAlias(rollout, facts.alias);
  const status = directed === rollout.status ? advance(rollout, facts) : directed;
  return withConditions({ ...rollout, status }, facts);
}
