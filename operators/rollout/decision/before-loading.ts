import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

/** Whether no pod may load a candidate in this phase. */
export function precedesLoading(phase: ModelDeploymentStatus['phase']): boolean {
  return phase === 'Verifying' || phase === 'AwaitingApproval';
}
