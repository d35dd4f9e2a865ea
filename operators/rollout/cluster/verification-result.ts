import {
  isRefusalReason,
  type RefusalReason,
} from '../../../services/shared/agreements/condition-reasons.ts';
import {
  VERIFICATION_CONTAINER,
  VERIFICATION_EXIT_CODES,
  verificationResultSchema,
} from '../../../services/shared/agreements/verification.ts';
import type { VerificationReading } from '../decision/rollout.ts';
import type { Job, Pod } from './objects.ts';

/** Refusals for the reasons that Kubernetes gives in the condition `Failed` of a Job. */
const JOB_FAILURES: Readonly<Record<string, RefusalReason>> = {
  DeadlineExceeded: 'VerificationDeadlineExceeded',
  BackoffLimitExceeded: 'VerificationBackoffLimitExceeded',
  PodFailurePolicy: 'VerificationPodFailurePolicy',
};

export function isFinished(job: Job): boolean {
  return isTrue(job, 'Complete') || isTrue(job, 'Failed');
}

/**
 * The result of a verification, from its Job and the termination messages of the Job's pods. A version that passed has
 * passed, whatever becomes of its Job: a sidecar may run on until the deadline of the Job.
 */
export function readVerification(job: Job, pods: readonly Pod[]): VerificationReading {
  const passed = passedResult(pods);
  if (passed !== undefined) return { kind: 'passed', runId: passed.runId, digest: passed.digest };
  const finished = isFinished(job);
  const last = terminations(finished ? pods : pods.filter(isLeftToSidecars)).at(-1);
  if (last === undefined && !finished) return { kind: 'running' };
  if (last?.exitCode === VERIFICATION_EXIT_CODES.passed || isTrue(job, 'Complete')) {
    return { kind: 'infrastructure', message: 'the verification ended, but its pod left no result' };
  }
  const result = parseResult(last?.message);
  if (last?.exitCode === VERIFICATION_EXIT_CODES.infrastructure) {
    return {
      kind: 'infrastructure',
      message: result?.message ?? 'the verification ended with exit code 2 and left no message',
    };
  }
  if (result !== undefined && !result.passed) {
    return isRefusalReason(result.reason)
      ? { kind: 'refused', reason: result.reason, message: result.message }
      : { kind: 'refused', reason: 'VerificationFailed', message: `${result.reason}: ${result.message}` };
  }
  if (last !== undefined && last.exitCode !== 0) {
    const message = `the verification ended with exit code ${last.exitCode} (${last.reason ?? 'Error'}) and left no result`;
    return { kind: 'refused', reason: 'VerificationCrashed', message };
  }
  const failure = job.status?.conditions?.find(({ type }) => type === 'Failed');
  const message = failure?.message ?? 'the verification Job failed, and no pod left a result';
  return { kind: 'refused', reason: JOB_FAILURES[failure?.reason ?? ''] ?? 'VerificationFailed', message };
}

/**
 * True if only sidecars of the pod still run, so that the Job does not end by itself. Kubernetes tries again in place of
 * a pod that it removes, and the end of such a pod says nothing about the model.
 */
function isLeftToSidecars({ metadata, status }: Pod): boolean {
  const disrupted = status?.conditions?.some(
    (condition) => condition.type === 'DisruptionTarget' && condition.status === 'True',
  );
  return status?.phase === 'Running' && !disrupted && metadata.deletionTimestamp === undefined;
}

function isTrue(job: Job, type: string): boolean {
  return (
    job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ??
    false
  );
}

function passedResult(pods: readonly Pod[]) {
  return terminations(pods)
    .filter(({ exitCode }) => exitCode === VERIFICATION_EXIT_CODES.passed)
    .map(({ message }) => parseResult(message))
    .find((result) => result?.passed && result.digest !== '');
}

/** The ends of the verification, the latest last. */
function terminations(pods: readonly Pod[]) {
  return pods
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .flatMap(({ name, state }) =>
      name === VERIFICATION_CONTAINER && state?.terminated ? [state.terminated] : [],
    )
    .sort((a, b) => (a.finishedAt ?? '').localeCompare(b.finishedAt ?? ''));
}

function parseResult(text: string | undefined) {
  try {
    return verificationResultSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
