import type {
  CandidateVersion,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import { unbrokenSeconds } from './deadlines.ts';
import { provenRevision } from './revisions.ts';
import { type Facts, type PodsReading, type Rollout, secondsWaited } from './rollout.ts';
import { refuse, setWeight } from './transitions.ts';

/** Deadline for pods to load a candidate when the canary has none. */
const LOAD_DEADLINE_SECONDS = 600;
/** Deadline for pods to load a version that served well. It is short, because pods that crash need that version. */
const RESCUE_SECONDS = 30;
/** The same deadline while pods are replaced again and again, so that the youngest pod is always new. */
const RESCUE_LIMIT_SECONDS = 120;

/**
 * Raises the weight once every pod that reads records has loaded the candidate. In a large target some pod is always new,
 * and a new pod waits for the candidate before it reads. A version that served well waits for 120 s at most. With no
 * pod at all no weight rises, because nothing would be decided or measured.
 */
export function raiseWeight(
  rollout: Rollout,
  facts: Facts,
  candidate: CandidateVersion,
  weightPercent: number,
): ModelDeploymentStatus {
  const { spec, status } = rollout;
  const { pods, target } = facts;
  const raised = () => setWeight(rollout, candidate, weightPercent);
  if (provenRevision(status, candidate) !== undefined) {
    return isRescueDue(rollout, facts, candidate) ? raised() : status;
  }
  if (pods === undefined || (target.kind === 'found' && target.wantedReplicas === 0)) return status;
  if (haveLoaded(pods)) return raised();
  const deadlineSeconds = spec.canary?.stepDeadlineSeconds ?? LOAD_DEADLINE_SECONDS;
  const waited = rollout.counted('loading', candidate.since);
  const sinceYoungest = rollout.elapsed(pods.youngestStart ?? candidate.since);
  const undisturbed = Math.min(waited, sinceYoungest, unbrokenSeconds(rollout));
  if (undisturbed < deadlineSeconds && waited < 2 * deadlineSeconds) return status;
  const loadedPods = `only ${pods.loaded} of ${pods.total} pods loaded version ${candidate.version}`;
  const message = `${loadedPods} within ${Math.floor(waited)} s; look at the logs of the other pods`;
  return refuse(rollout, 'CandidateNotLoaded', message);
}

/** Without any pod that loaded the candidate, nothing shows that pods can. */
function haveLoaded({ total, loaded, waiting = 0 }: PodsReading): boolean {
  return loaded > 0 && loaded + waiting === total;
}

/** Whether a version that served well may decide. Pods that nobody can list do not hold it for ever. */
function isRescueDue(rollout: Rollout, { alias, pods, target }: Facts, candidate: CandidateVersion): boolean {
  if (pods !== undefined && haveLoaded(pods)) return true;
  const known = alias.kind === 'version' || alias.kind === 'absent';
  if (!known || target.kind === 'missing' || target.wantedReplicas === 0) return false;
  const waited = rollout.counted('rescue', candidate.since);
  if (waited >= RESCUE_LIMIT_SECONDS) return true;
  if (pods === undefined || pods.total === 0) return false;
  return Math.min(waited, secondsWaited(rollout, pods.youngestStart ?? candidate.since)) >= RESCUE_SECONDS;
}
