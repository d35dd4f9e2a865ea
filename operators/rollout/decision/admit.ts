import type {
  CandidateVersion,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import { approvalOf } from './approval.ts';
import { isHeld } from './held.ts';
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
  if (spec.approval === undefined) return mustWait(rollout, verified) ? status : goOn(rollout, verified);
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
      // The statements are used up only when the version goes on. A Job would be repeated while the phase is Verifying.
      if (mustWait(rollout, verified))
        return status.phase === 'AwaitingApproval' ? status : awaitApproval(rollout, verified);
      const approvals = verdict.approvals.length > 0 ? [...verdict.approvals] : undefined;
      const usedStatements = withUsed(status.usedStatements, verdict.used, now);
      return goOn({ ...rollout, status: { ...status, usedStatements } }, { ...verified, approvals });
    }
  }
}

/** Whether a person or a window holds the version. Going back to files that served well waits for no window. */
function mustWait(rollout: Rollout, candidate: CandidateVersion): boolean {
  const status = { ...rollout.status, candidate };
  return isHeld({ ...rollout, status }, {});
}

function goOn(rollout: Rollout, candidate: CandidateVersion): ModelDeploymentStatus {
  const { status } = rollout;
  const isProven = status.stable !== undefined && haveServedWell(status, candidate);
  return isProven ? recognise(rollout, candidate) : proceed(rollout, candidate);
}
