import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { isSame } from './identity.ts';
import { isRestoring } from './restoration.ts';
import type { Rollout } from './rollout.ts';
import { firstWord } from './storable-request.ts';

/**
 * `next`, in which an approval of a step of the candidate is used up if the rollout of that candidate has ended. Whoever
 * approved the step has not seen a later attempt.
 */
export function withLapsedApproval(
  { status, approveStep }: Rollout,
  next: ModelDeploymentStatus,
): ModelDeploymentStatus {
  const { candidate } = status;
  if (approveStep === undefined || candidate === undefined || isRestoring(status)) return next;
  const goesOn = next.candidate !== undefined && isSame(next.candidate, candidate) && !isRestoring(next);
  if (goesOn || firstWord(approveStep) !== candidate.version) return next;
  return { ...next, requests: { ...next.requests, approveStep } };
}
