import type { k8s } from 'cdk8s-plus-27';
import { TRAINING_EXIT_CODES } from '../services/shared/agreements/training-job.ts';

/** Exit codes of `loan-training` after which another run would fail in the same way. */
const FINAL_EXIT_CODES = [TRAINING_EXIT_CODES.failed, TRAINING_EXIT_CODES.invalidInput];

/** Retries of a run after an outage. */
export const RETRIES = 6;

/**
 * A drained node does not use up a retry. A failure that would repeat is not retried, because each run may register a
 * version. The other exit codes are retried with exponential back-off.
 */
export function failureRules(containerName: string): k8s.PodFailurePolicyRule[] {
  return [
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    {
      action: 'FailJob',
      onExitCodes: { containerName, operator: 'In', values: FINAL_EXIT_CODES },
      onPodConditions: [],
    },
  ];
}
