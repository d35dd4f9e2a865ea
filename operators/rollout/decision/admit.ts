import type {
  CandidateVersion,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import { approvalOf } from './approval.ts';
import { haveServedWell } from './revisions.ts';
import type { Facts, Rollout } from './rollout.ts';
import { awaitApproval, proceed, recognise, refuse } from './transitions.ts';
import { withUsed } from './used-statements.ts';

/**
 * Lets a verified version go on, holds it in AwaitingApproval, or refuses it, as its signed statements say. Without
 * `spec.approval` it goes on.
 */
export function admit(rollout: Rollout, facts: Facts, verified: CandidateVersion): ModelDeploymentStatus {
  const { spec, status, now } = rollout;
  if (spec.approval === undefined) return goOn(rollout, verified);
  const verdict = approvalOf(rollout, facts.statements, verified);
  switch (verdict.kind) {
    case 'held':
      return status.phase === 'AwaitingApproval' ? status : awaitApproval(rollout, verified);
    case 'rejected':
      return refuse(
        { ...rollout, status: { ...status, candidate: verified } },
        'PromotionRejected',
        verdict.message,
      );
    case 'approved': {
      const approvals = verdict.approvals.length > 0 ? [...verdict.approvals] : undefined;
      const usedStatements = withUsed(status.usedStatements, verdict.used, now);
      return goOn({ ...rollout, status: { ...status, usedStatements } }, { ...verified, approvals });
    }
  }
}

function goOn(rollout: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  const { status } = rollout;
  const isProven = status.stable !== undefined && haveServedWell(status, candidate);
  return isProven ? recognise(rollout, candidate) : proceed(rollout, candidate);
}
