import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

/** The greatest number that any sink acknowledged. 0 if none did. */
export function newestRecorded({
  recorded = {},
  recordedSequence = 0,
}: Pick<ModelDeploymentStatus, 'recorded' | 'recordedSequence'>): number {
  return Math.max(recordedSequence, ...Object.values(recorded).map((sequence = 0) => sequence));
}
