import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { CanaryStep } from '../../../services/shared/model-deployment/canary-step.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type {
  CandidateVersion,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { stepVerdict, unreadMessage } from './approval.ts';
import { precedesLoading } from './before-loading.ts';
import { openingAt } from './open-windows.ts';
import { isRestoring } from './restoration.ts';
import { haveServedWell } from './revisions.ts';
import { type Facts, type Rollout, timestamp } from './rollout.ts';
import { withUsed } from './used-statements.ts';

/** Characters of a person's text that a message repeats. */
const SHOWN_CHARACTERS = 200;

/** Approvals that the status keeps of one version. */
const APPROVALS = 10;

type Signatures = Partial<Pick<Facts, 'alias' | 'statements'>>;

/** Why a rollout does not go on at present, although nothing speaks against the candidate. */
export interface HeldBy {
  readonly reason:
    | 'PausedByRequest'
    | 'Frozen'
    | 'OutsideWindow'
    | 'WindowsUnreadable'
    | 'MinimumDuration'
    | 'AwaitingStepApproval'
    | 'StepPause'
    | 'StatementsUnread';
  /** What it waits for, and until when if that is known. The next opening of windows is searched for it. */
  message(): string;
}

/**
 * What holds the rollout: no pod loads the candidate for the first time, and no weight rises. Measurements go on, and a
 * failure still refuses the candidate. Empty if the rollout may go on, or if there is nothing to hold.
 *
 * Promoting is held only before the candidate gets keys by it. Later its keys would be without a measurement.
 */
export function heldBy(rollout: Rollout, facts: Signatures): readonly HeldBy[] {
  const { status } = rollout;
  const { phase, candidate } = status;
  if (candidate === undefined || phase === undefined || isRestoring(status)) return [];
  const canWait = phase !== 'Promoting' || candidate.weightPercent === 0;
  if (!canWait) return [];
  // Somebody wants to go back, or pods that crash need that version.
  const goesBack = status.stable !== undefined && haveServedWell(status, candidate);
  return [
    ...pausedByRequest(rollout),
    ...(goesBack ? [] : closed(rollout)),
    ...heldStep(rollout, facts, candidate),
    ...unread(facts, status, goesBack),
  ];
}

export function isHeld(rollout: Rollout, facts: Signatures): boolean {
  return heldBy(rollout, facts).length > 0;
}

/** The canary step that the candidate is in. */
export function stepOf(
  { canary }: ModelDeploymentSpec,
  { weightPercent = 0 }: CandidateVersion,
): CanaryStep | undefined {
  return canary?.steps.findLast((step) => step.weightPercent <= weightPercent);
}

/** `next` with what approved the step that has ended. The same request or statement approves no other step. */
export function withUsedApproval(
  { spec, status, approveStep, now }: Rollout,
  facts: Signatures,
  next: ModelDeploymentStatus,
): ModelDeploymentStatus {
  const { candidate } = status;
  const step = candidate && stepOf(spec, candidate);
  const moved = next.phase !== status.phase || next.candidate?.weightPercent !== candidate?.weightPercent;
  if (candidate === undefined || step?.pause === undefined || !moved) return next;
  if (isApprovedByRequest({ status, approveStep }, candidate, step))
    return { ...next, requests: { ...next.requests, approveStep } };
  const { approvals: signed } = stepVerdict(
    { spec, status, now },
    facts.statements,
    candidate,
    step.weightPercent,
  );
  if (signed.length === 0 || next.candidate === undefined) return next;
  // The record tells who approved a step from the approvals of the candidate.
  const approvals = [...(next.candidate.approvals ?? []), ...signed].slice(-APPROVALS);
  const usedStatements = withUsed(next.usedStatements, signed, now);
  return { ...next, candidate: { ...next.candidate, approvals }, usedStatements };
}

function* pausedByRequest({ pause }: Rollout): Generator<HeldBy> {
  if (pause === undefined) return;
  yield { reason: 'PausedByRequest', message: () => pauseMessage(pause) };
}

/** What the condition says of this value of the annotation pause, before all other holds. */
export function pauseMessage(pause: string): string {
  const text = printable(pause, SHOWN_CHARACTERS);
  return `the annotation ${REQUEST_ANNOTATIONS.pause} pauses it${text === '' ? '' : `: ${text}`}; remove the annotation to go on`;
}

export function waitingMessage({ candidate }: ModelDeploymentStatus, holds: string): string {
  return `the rollout of version ${candidate?.version} waits: ${holds}`;
}

function* closed({ spec: { windows }, now }: Rollout): Generator<HeldBy> {
  const opening = windows && openingAt(windows, now);
  switch (opening?.kind) {
    case 'frozen': {
      const { from, to, reason } = opening.freeze;
      const why = reason === undefined ? '' : ` (${printable(reason, SHOWN_CHARACTERS)})`;
      const frozen = `a freeze from ${from} to ${to} ${windows?.timeZone}${why} holds it`;
      const message = () => `${frozen}${until(opening.until())}`;
      return yield { reason: 'Frozen', message };
    }
    case 'closed':
      return yield {
        reason: 'OutsideWindow',
        message: () => `no allowed window is open${until(opening.until())}`,
      };
    case 'unreadable': {
      const message = `spec.windows.timeZone ${windows?.timeZone} is not known to the operator; use another name`;
      return yield { reason: 'WindowsUnreadable', message: () => message };
    }
  }
}

function* heldStep(rollout: Rollout, facts: Signatures, candidate: CandidateVersion): Generator<HeldBy> {
  const { spec, status } = rollout;
  const step = status.phase === 'Canary' ? stepOf(spec, candidate) : undefined;
  if (step === undefined) return;
  const { minimumDurationSeconds = 0, pause } = step;
  if (rollout.elapsed(candidate.since) < minimumDurationSeconds) {
    const message = `the step at ${step.weightPercent} % lasts for at least ${minimumDurationSeconds} s`;
    yield {
      reason: 'MinimumDuration',
      message: () => `${message}${after(candidate.since, minimumDurationSeconds)}`,
    };
  }
  const { passedAt } = candidate;
  if (pause === undefined || passedAt === undefined || isApproved(rollout, facts, candidate, step)) return;
  const { durationSeconds } = pause;
  const approval = `${candidate.version}:${step.weightPercent}`;
  if (durationSeconds === undefined) {
    const message = `the step at ${step.weightPercent} % passed and waits for approval: set the annotation ${REQUEST_ANNOTATIONS.approveStep} to ${approval}${spec.approval ? ', or sign a statement' : ''}`;
    const { faults } = stepVerdict(rollout, facts.statements, candidate, step.weightPercent);
    yield { reason: 'AwaitingStepApproval', message: () => [message, ...faults].join('; ') };
  } else if (rollout.elapsed(passedAt) < durationSeconds) {
    const message = `the step at ${step.weightPercent} % passed and pauses for ${durationSeconds} s`;
    yield { reason: 'StepPause', message: () => `${message}${after(passedAt, durationSeconds)}` };
  }
}

/**
 * One of the statements could be a rejection. No way back waits for MLflow or for the keys. Before pods load the candidate,
 * the condition Approved says the same, and while MLflow gives no alias nothing goes on.
 */
function* unread(
  { alias, statements }: Signatures,
  { phase }: ModelDeploymentStatus,
  goesBack: boolean,
): Generator<HeldBy> {
  const isAway = alias !== undefined && alias.kind !== 'version' && alias.kind !== 'absent';
  if (statements?.kind === 'unreadable' && !goesBack && !precedesLoading(phase) && !isAway)
    yield { reason: 'StatementsUnread', message: () => statements.message };
  if (statements?.kind !== 'read' || statements.unread === 0) return;
  yield { reason: 'StatementsUnread', message: () => unreadMessage(statements.unread) };
}

function isApproved(
  rollout: Rollout,
  facts: Signatures,
  candidate: CandidateVersion,
  step: CanaryStep,
): boolean {
  return (
    isApprovedByRequest(rollout, candidate, step) ||
    stepVerdict(rollout, facts.statements, candidate, step.weightPercent).approvals.length > 0
  );
}

/** `VERSION:WEIGHT`, alone or followed by other text. A value that ended a pause does not end another. */
function isApprovedByRequest(
  { approveStep, status }: Pick<Rollout, 'approveStep' | 'status'>,
  { version }: CandidateVersion,
  { weightPercent }: CanaryStep,
): boolean {
  if (approveStep === undefined || approveStep === status.requests?.approveStep) return false;
  const [, named, weight] = /^(\d{1,20}):(\d{1,3})(?=[\s:,]|$)/.exec(approveStep) ?? [];
  return named === version && Number(weight) === weightPercent;
}

function after(since: string, seconds: number): string {
  return until(Date.parse(since) + seconds * 1000);
}

function until(at: number | undefined): string {
  return at === undefined || Number.isNaN(at) ? '' : `, until ${timestamp(at).replace(/\.\d+Z$/, 'Z')}`;
}
