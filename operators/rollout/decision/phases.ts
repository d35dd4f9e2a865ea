import type { RefusalReason } from '../../../services/shared/agreements/condition-reasons.ts';
import {
  type CandidateVersion,
  MESSAGE_LENGTH,
  type ModelDeploymentStatus,
  type Phase,
} from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { admit } from './admit.ts';
import { rejectionOf } from './approval.ts';
import { lostPods, withAvailability } from './availability.ts';
import { isPinContested } from './foreign-pin.ts';
import { isHeld, stepOf, withUsedApproval } from './held.ts';
import { isSameModel } from './identity.ts';
import { judge } from './judge.ts';
import { promoting } from './promoting.ts';
import { hasBakeTimeQueries } from './queries.ts';
import { raiseWeight } from './raise-weight.ts';
import { standingRefusal } from './refusals.ts';
import { isRestored, isRestoring } from './restoration.ts';
import { type Facts, type Rollout, timestamp } from './rollout.ts';
import { isDown, isInBakeTime, lostStablePods, withStablePods } from './stable-pods.ts';
import { stuckRestore } from './stuck-restore.ts';
import { confirmStable, endSoak, proceed, refuse, restore, restoreEarlier } from './transitions.ts';

/** Jobs for one candidate before it is refused. A Job does not count while MLflow does not answer the operator. */
const VERIFICATION_JOBS = 10;
const SHADOW_REFUSALS = { failed: 'ShadowFailed', deadlineExceeded: 'ShadowDeadlineExceeded' } as const;
const CANARY_REFUSALS = { failed: 'CanaryFailed', deadlineExceeded: 'CanaryDeadlineExceeded' } as const;

type Decide = (rollout: Rollout, facts: Facts, candidate: CandidateVersion) => ModelDeploymentStatus;

const verifying: Decide = (rollout, facts, candidate) => {
  const { verification } = facts;
  switch (verification?.kind) {
    case 'passed':
      return verified(rollout, facts, {
        ...candidate,
        runId: verification.runId,
        digest: verification.digest,
      });
    case 'refused':
      return refuse(rollout, verification.reason, verification.message);
    case 'infrastructure':
      return retryVerification(rollout, candidate, verification.message);
    default:
      return unfinished(rollout, facts, candidate);
  }
};

/** The Job has a deadline of its own, but a Job that is suspended or that no controller starts never reaches it. */
const unfinished: Decide = (rollout, { alias, target, denials = [] }, candidate) => {
  const known = alias.kind === 'version' || alias.kind === 'absent';
  // A condition names each of these causes, and none of them is about the version.
  if (!known || target.kind === 'missing' || denials.length > 0) return rollout.status;
  const limit = 2 * rollout.spec.verification.deadlineSeconds + 60;
  if (rollout.counted('verification', candidate.since) < limit) return rollout.status;
  const message = `the verification Job did not end within ${limit} s; is it suspended, or do its pods wait for a node?`;
  return refuse(rollout, 'VerificationDeadlineExceeded', message);
};

/** The digest is known now. It tells whether these files were refused before, serve already, or served well before. */
const verified: Decide = (rollout, facts, candidate) => {
  const { stable } = rollout.status;
  const known = { ...rollout, status: { ...rollout.status, candidate } };
  const refusal = standingRefusal(rollout, candidate);
  if (refusal !== undefined) return refuse(known, refusal.reason as RefusalReason, refusal.message);
  if (candidate.version !== stable?.version) return admit(rollout, facts, candidate);
  if (!stable.digest || candidate.digest === stable.digest) {
    return confirmStable(rollout, candidate, isSameModel(stable, candidate));
  }
  const message = `version ${candidate.version} has the digest ${candidate.digest}, but version ${stable.version} with the digest ${stable.digest} serves; register the model again to get another number`;
  return refuse(known, 'VersionNumberReused', message);
};

/** Starts another Job, up to the limit. A cause that lasts for ten Jobs does not go away by itself. */
const retryVerification = (rollout: Rollout, candidate: CandidateVersion, reason: string) => {
  const { status, now } = rollout;
  const failures = (status.analysis?.failures ?? 0) + 1;
  const told = `no verdict in ${failures} of ${VERIFICATION_JOBS} Jobs: ${reason}`;
  const message = printable(told, MESSAGE_LENGTH);
  if (failures >= VERIFICATION_JOBS) return refuse(rollout, 'VerificationInconclusive', message);
  const since = timestamp(now);
  // The name of a Job contains this time, so a new time makes a new Job.
  return {
    ...status,
    analysis: { measuredAt: since, failures, message },
    candidate: { ...candidate, since },
  };
};

const shadowing: Decide = (rollout, facts, candidate) => {
  const { shadow } = rollout.spec;
  if (shadow === undefined) return proceed(rollout, candidate);
  const { verdict, status, message } = judge(
    rollout,
    facts.measurement,
    candidate.since,
    shadow.deadlineSeconds,
  );
  if (verdict === 'passed')
    return isHeld({ ...rollout, status }, facts) ? status : proceed(rollout, candidate);
  return verdict === 'pending' ? status : refuse(rollout, SHADOW_REFUSALS[verdict], message);
};

const canary: Decide = (rollout, facts, candidate) => {
  const { canary } = rollout.spec;
  if (canary === undefined) return proceed(rollout, candidate);
  const weight = candidate.weightPercent ?? 0;
  const next = canary.steps.find((step) => step.weightPercent > weight)?.weightPercent;
  if (weight === 0 && next !== undefined)
    return isHeld(rollout, facts) ? rollout.status : raiseWeight(rollout, facts, candidate, next);
  const { verdict, status, message } = judge(
    rollout,
    facts.measurement,
    candidate.since,
    canary.stepDeadlineSeconds,
  );
  if (verdict === 'passed') return passedStep({ ...rollout, status }, facts, next);
  return verdict === 'pending' ? status : refuse(rollout, CANARY_REFUSALS[verdict], message);
};

/** The step ends with a passed measurement, if nothing holds it then. Its pause begins with the first of them. */
const passedStep = (rollout: Rollout, facts: Facts, next: number | undefined): ModelDeploymentStatus => {
  const { candidate } = rollout.status;
  if (candidate === undefined) return rollout.status;
  const { passedAt = timestamp(rollout.now) } = candidate;
  const isPausing = stepOf(rollout.spec, candidate)?.pause !== undefined;
  const passed = isPausing ? { ...candidate, passedAt } : candidate;
  const known = { ...rollout, status: { ...rollout.status, candidate: passed } };
  if (isHeld(known, facts)) return known.status;
  const ended = next === undefined ? proceed(known, passed) : raiseWeight(known, facts, passed, next);
  return withUsedApproval(known, facts, ended);
};

const soaking = (rollout: Rollout, facts: Facts): ModelDeploymentStatus => {
  const { spec, status, now } = rollout;
  const { stable } = status;
  if (stable === undefined) return status;
  const { soakSeconds } = spec;
  const measurement = withRecords(facts.measurement);
  const judged = judge(rollout, measurement, stable.since, 2 * soakSeconds);
  if (judged.verdict === 'failed') return restore(rollout, 'SoakFailed', judged.message);
  const elapsed = rollout.elapsed(stable.since);
  if (elapsed < soakSeconds) return judged.status;
  if (soakSeconds > 0 && isDown(rollout, facts)) return judged.status;
  if (soakSeconds === 0 || judged.verdict === 'passed') return endSoak(rollout, timestamp(now));
  if (!hasBakeTimeQueries(spec)) {
    if (facts.decided) return endSoak(rollout, timestamp(now));
    return rollout.counted('records', stable.since) < 2 * soakSeconds ? status : endSoak(rollout, undefined);
  }
  // The doubled bake time passed without a value, so nothing speaks for or against the version.
  const inconclusive = measurement?.kind === 'measured' && measurement.verdict === 'inconclusive';
  return inconclusive && judged.verdict === 'deadlineExceeded' ? endSoak(rollout, undefined) : judged.status;
};

/** A bake time without a decided record proves nothing, whatever value a query gives. */
const withRecords = (measurement: Facts['measurement']): Facts['measurement'] => {
  if (measurement?.kind !== 'measured' || measurement.verdict !== 'passed') return measurement;
  if (measurement.samples !== 0) return measurement;
  const message = `the version has decided no record: ${measurement.message}`;
  return { ...measurement, verdict: 'inconclusive', message };
};

/** The candidate may wait for days, so the bake time of the stable version goes on meanwhile. */
const awaitingApproval: Decide = (rollout, facts, candidate) => {
  const { status } = rollout;
  const admitted = admit(rollout, facts, candidate);
  if (admitted !== status || !isInBakeTime(status)) return admitted;
  const baked = soaking(rollout, facts);
  // A failed bake time restored another version, or the stable version goes on without one.
  const waits = baked.candidate !== undefined && baked.stable?.version === status.stable?.version;
  return waits ? { ...baked, phase: 'AwaitingApproval' } : baked;
};

/** No rollout is in progress. */
const settled = ({ status }: Rollout): ModelDeploymentStatus => {
  const phase = status.phase === 'RolledBack' && status.failed === undefined ? 'Stable' : status.phase;
  return { ...status, phase };
};

const WITH_CANDIDATE: Partial<Record<Phase, Decide>> = {
  Verifying: verifying,
  AwaitingApproval: awaitingApproval,
  Shadowing: shadowing,
  Canary: canary,
  Promoting: promoting,
};

/** The status that follows from the facts. */
export function advance(rollout: Rollout, facts: Facts): ModelDeploymentStatus {
  const rejected = rejectedMeanwhile(rollout, facts);
  if (rejected !== undefined) return refuse(rollout, 'PromotionRejected', rejected);
  const lost = lostPods(rollout, facts);
  if (lost !== undefined) return refuse(rollout, 'PodsUnavailable', lost);
  const lostStable = lostStablePods(rollout, facts);
  if (lostStable !== undefined) return restore(rollout, 'PodsUnavailable', lostStable);
  const next = withAvailability(step(rollout, facts), facts);
  return withStablePods(rollout, next, facts);
}

/** A rejection ends a rollout in any phase. Once the version is stable, it says nothing: another version must be wanted. */
function rejectedMeanwhile(rollout: Rollout, { statements }: Facts): string | undefined {
  const { spec, status } = rollout;
  if (spec.approval === undefined || status.candidate === undefined) return undefined;
  return isRestoring(status) ? undefined : rejectionOf(rollout, statements, status.candidate);
}

function step(rollout: Rollout, facts: Facts): ModelDeploymentStatus {
  const { phase, candidate } = rollout.status;
  if (phase === undefined) return { ...rollout.status, phase: 'Waiting' };
  const restored = isRestoring(rollout.status) && isRestored(rollout.status, facts.target);
  if (restored && !isPinContested(rollout, facts)) {
    return { ...rollout.status, candidate: undefined };
  }
  const stuck = stuckRestore(rollout, facts);
  if (stuck !== undefined) return restoreEarlier(rollout, stuck);
  if (phase === 'Soaking') return soaking(rollout, facts);
  const decide = WITH_CANDIDATE[phase];
  return decide && candidate ? decide(rollout, facts, candidate) : settled(rollout);
}
