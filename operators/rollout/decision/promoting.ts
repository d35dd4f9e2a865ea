import type {
  CandidateVersion,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import { PAUSE_DEADLINE_SECONDS, progressDeadlineSeconds } from './deadlines.ts';
import { isEarlierVerdict } from './earlier-verdict.ts';
import { isHeld } from './held.ts';
import { judge } from './judge.ts';
import { raiseWeight } from './raise-weight.ts';
import { provenRevision } from './revisions.ts';
import type { Facts, Rollout } from './rollout.ts';
import { promote, refuse } from './transitions.ts';

/**
 * The candidate gets all keys, and then every pod gets the pin. It is measured in all that time, because it may take long.
 * A version that served well is measured only in its bake time: its failure now would give the keys back to the version
 * that a person moved away from.
 */
export function promoting(
  rollout: Rollout,
  facts: Facts,
  candidate: CandidateVersion,
): ModelDeploymentStatus {
  const { stable } = rollout.status;
  if (stable !== undefined && candidate.weightPercent !== 100) {
    return isHeld(rollout, facts) ? rollout.status : raiseWeight(rollout, facts, candidate, 100);
  }
  const proven = provenRevision(rollout.status, candidate) !== undefined;
  const { verdict, message, status } = judge(
    rollout,
    facts.measurement,
    candidate.since,
    Number.POSITIVE_INFINITY,
  );
  if (verdict === 'failed' && !proven) return refuse(rollout, 'PromotionFailed', message);
  return replacePods({ ...rollout, status }, facts, candidate, proven);
}

function replacePods(
  rollout: Rollout,
  facts: Facts,
  candidate: CandidateVersion,
  proven: boolean,
): ModelDeploymentStatus {
  const { target } = facts;
  const { status } = rollout;
  if (target.kind !== 'found') return status;
  // A Deployment without pods is complete at once, but no pod ever ran the version.
  if (target.wantedReplicas === 0) return status;
  const pinned = target.pin?.version === candidate.version;
  if (pinned && target.complete) return promote(rollout, candidate);
  if (target.paused) return proven ? status : pausedTarget(rollout, candidate);
  if (!pinned) return status;
  const reason = whyStuck(rollout, facts, candidate);
  if (reason === undefined) return status;
  const message = `pods with version ${candidate.version} do not become available: ${reason}`;
  return refuse(rollout, 'RolloutStuck', message);
}

function pausedTarget(rollout: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  if (rollout.counted('resumption', candidate.since) < PAUSE_DEADLINE_SECONDS) return rollout.status;
  const message = `Deployment ${rollout.spec.target.deployment} was paused for ${PAUSE_DEADLINE_SECONDS} s; resume it, then try again`;
  return refuse(rollout, 'DeploymentPaused', message);
}

/** Undefined while pods make progress, or if the operator cannot see whether they do. */
function whyStuck(rollout: Rollout, { target, denials }: Facts, candidate: CandidateVersion) {
  if (target.kind !== 'found') return undefined;
  const { stuck, podsTerminating, idleSeconds = 0 } = target;
  const deadlineSeconds = progressDeadlineSeconds(target);
  const earlier = isEarlierVerdict(rollout, target, candidate.since);
  // Pods that never make progress get no later verdict.
  if (stuck !== undefined && !(earlier && idleSeconds < deadlineSeconds)) return stuck.message;
  const blind = denials?.some(({ kind }) => kind === 'read') ?? false;
  if (podsTerminating || blind || idleSeconds < deadlineSeconds) return undefined;
  return `no pod made progress for ${deadlineSeconds} s`;
}
