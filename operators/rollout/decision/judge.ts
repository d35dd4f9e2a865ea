import {
  MESSAGE_LENGTH,
  type ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { countFailures } from './failures.ts';
import { type Measurement, type Rollout, timestamp } from './rollout.ts';

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
  const message = printable(measurement.message, MESSAGE_LENGTH);
  const { shared: failures, checks, tooMany } = countFailures(spec, status, measurement);
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
  if (tooMany) return judgement('failed');
  if (rollout.counted('measurement', since) < deadlineSeconds) return judgement('pending');
  return judgement('deadlineExceeded', `no verdict within ${deadlineSeconds} s: ${message}`);
}
