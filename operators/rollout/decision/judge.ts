import type { CheckResult, ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { type Measurement, type Rollout, timestamp } from './rollout.ts';
import { truncate } from './truncate.ts';

export interface Judgement {
  readonly verdict: 'passed' | 'pending' | 'failed' | 'deadlineExceeded';
  readonly message: string;
  /** The status with the measurement recorded. */
  readonly status: ModelDeploymentStatus;
}

/**
 * Judges one measurement, together with the failures so far. Without a measurement nothing changes, and the deadline
 * does not run. An inconclusive measurement holds the step until its deadline. More than `failureLimit` failures fail it.
 */
export function judge(
  rollout: Rollout,
  measurement: Measurement | undefined,
  since: string,
  deadlineSeconds: number,
): Judgement {
  const { spec, status, now } = rollout;
  if (measurement?.kind !== 'measured') return { verdict: 'pending', message: '', status };
  const failures = (status.analysis?.failures ?? 0) + (measurement.verdict === 'failed' ? 1 : 0);
  const message = truncate(measurement.message);
  const checks = withFailures(measurement.checks, status.analysis?.checks);
  const noted: ModelDeploymentStatus = {
    ...status,
    analysis: { measuredAt: timestamp(now), failures, message, ...(checks ? { checks } : {}) },
    candidate: status.candidate && { ...status.candidate, samples: measurement.samples },
  };
  const judgement = (verdict: Judgement['verdict'], text = message) => ({
    verdict,
    message: text,
    status: noted,
  });
  if (measurement.verdict === 'passed') return judgement('passed');
  if (failures > (spec.analysis?.failureLimit ?? 0)) return judgement('failed');
  if (rollout.counted('measurement', since) < deadlineSeconds) return judgement('pending');
  return judgement('deadlineExceeded', `no verdict within ${deadlineSeconds} s: ${message}`);
}

/** The checks of a measurement, each with the failures so far. A check without an answer keeps its failures. */
function withFailures(
  checks: readonly CheckResult[] | undefined,
  earlier: readonly CheckResult[] = [],
): CheckResult[] | undefined {
  return checks?.map((check) => {
    const before = earlier.find(({ name }) => name === check.name)?.failures ?? 0;
    const failures = before + (check.verdict === 'failed' ? 1 : 0);
    return failures === 0 ? check : { ...check, failures };
  });
}
