import { z } from 'zod';
import type { VerificationReading } from '../decision/rollout.ts';
import type { Job, Pod } from './objects.ts';
import { INFRASTRUCTURE_EXIT_CODE, VERIFY_CONTAINER } from './verification-job.ts';

/** The one line that a verification leaves as its termination message. */
const resultSchema = z.object({
  passed: z.boolean(),
  reason: z.string(),
  message: z.string(),
  digest: z.string().default(''),
  runId: z.string().default(''),
});

export function isFinished(job: Job): boolean {
  return isTrue(job, 'Complete') || isTrue(job, 'Failed');
}

/** What a Job and its pods say of the version. */
export function readVerification(job: Job, pods: readonly Pod[]): VerificationReading {
  if (!isFinished(job)) return { kind: 'running' };
  const last = lastTermination(pods);
  const result = parseResult(last?.message);
  if (isTrue(job, 'Complete')) {
    if (result?.passed && result.digest !== '') {
      return { kind: 'passed', runId: result.runId, digest: result.digest };
    }
    return { kind: 'infrastructure', message: 'the verification left no result' };
  }
  if (last?.exitCode === INFRASTRUCTURE_EXIT_CODE) {
    return { kind: 'infrastructure', message: result?.message ?? 'the verification came to no verdict' };
  }
  if (result !== undefined && !result.passed) {
    return { kind: 'refused', reason: result.reason, message: result.message };
  }
  if (last !== undefined && last.exitCode !== 0) {
    const message = `the verification ended with exit code ${last.exitCode} (${last.reason ?? 'Error'})`;
    return { kind: 'refused', reason: 'VerificationCrashed', message };
  }
  const failure = job.status?.conditions?.find(({ type }) => type === 'Failed');
  const message = failure?.message ?? 'the verification failed without a result';
  return { kind: 'refused', reason: `Verification${failure?.reason ?? 'Failed'}`, message };
}

function isTrue(job: Job, type: string): boolean {
  return (
    job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ??
    false
  );
}

function lastTermination(pods: readonly Pod[]) {
  return pods
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .flatMap(({ name, state }) => (name === VERIFY_CONTAINER && state?.terminated ? [state.terminated] : []))
    .sort((a, b) => (a.finishedAt ?? '').localeCompare(b.finishedAt ?? ''))
    .at(-1);
}

function parseResult(text: string | undefined) {
  try {
    return resultSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
