import { isDeepStrictEqual } from 'node:util';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';

/** Whether both states lead to the same decision: the same object with the same spec and the same status. */
export function isSameDecision(a: ModelDeployment, b: ModelDeployment): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    a.metadata.generation === b.metadata.generation &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    isDeepStrictEqual(a.status ?? {}, b.status ?? {})
  );
}
