import type { Condition, ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

export function conditionOf(status: ModelDeploymentStatus, type: Condition['type']): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}
