import type {
  ConditionReason,
  RefusalReason,
} from '../../../services/shared/agreements/condition-reasons.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import {
  type CandidateVersion,
  type Condition,
  MESSAGE_LENGTH,
  type ModelDeploymentStatus,
  type Phase,
} from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { approvalOf } from './approval.ts';
import { conditionOf } from './condition-of.ts';
import { foreignVersion } from './foreign-pin.ts';
import { heldBy, waitingMessage } from './held.ts';
import { isSame } from './identity.ts';
import { withLapsedApproval } from './lapsed-approval.ts';
import { isRestoring } from './restoration.ts';
import { type Facts, type Rollout, timestamp } from './rollout.ts';
import { signerOf } from './signer-name.ts';
import { undecidedPods } from './stuck-restore.ts';
import { abandon } from './transitions.ts';

/** Characters of a signer's reason that a condition repeats. The status has all of it. */
const REASON_CHARACTERS = 200;

export interface Finding extends Pick<Condition, 'type' | 'status' | 'message'> {
  readonly reason: ConditionReason | RefusalReason | Phase;
}

/**
 * `rollout.status` with the conditions that follow from the facts, and those that the decision itself found. A transition
 * time changes only with its status.
 */
export function withConditions(
  rollout: Rollout,
  facts: Facts,
  ...found: readonly (Finding | undefined)[]
): ModelDeploymentStatus {
  return setConditions(rollout, [
    available(rollout, facts),
    progressing(rollout),
    degraded(rollout, facts),
    registryReachable(rollout, facts),
    metricsReachable(rollout, facts),
    actionDenied(rollout, facts),
    pinContested(rollout, facts),
    deploymentPaused(rollout, facts),
    scaledToZero(rollout, facts),
    held(rollout, facts),
    ...found,
    approved(rollout, facts),
  ]);
}

/** Why the operator must not touch the target. */
export interface Hold {
  readonly reason: Extract<ConditionReason, 'Suspended' | 'TargetClaimed'>;
  readonly message: string;
  /** True if a person must correct something. */
  readonly degraded: boolean;
}

/**
 * `rollout.status` with the conditions that tell why the operator must not touch the target. A candidate that pods have
 * loaded is given up if another ModelDeployment claims the target, because nobody measures it any more.
 */
export function withHold(held: Rollout, hold: Hold) {
  const { reason, message } = hold;
  const unmeasured = reason === 'TargetClaimed' && held.status.candidate?.mode !== undefined;
  const isLost = unmeasured && !isRestoring(held.status);
  const rollout = isLost ? { ...held, status: withLapsedApproval(held, abandon(held)) } : held;
  const finding: Finding = { type: 'Progressing', status: 'False', reason, message };
  return setConditions(
    rollout,
    hold.degraded ? [finding, { type: 'Degraded', status: 'True', reason, message }] : [finding],
  );
}

/** Sets the given conditions. An undefined finding leaves its condition as it is. */
function setConditions(
  { status, generation, now }: Rollout,
  findings: readonly (Finding | undefined)[],
): ModelDeploymentStatus {
  const conditions = new Map(status.conditions?.map((condition) => [condition.type, condition]));
  for (const finding of findings) {
    if (finding === undefined) continue;
    const before = conditions.get(finding.type);
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : timestamp(now);
    const message = printable(finding.message, MESSAGE_LENGTH);
    conditions.set(finding.type, { ...finding, message, observedGeneration: generation, lastTransitionTime });
  }
  return { ...status, observedGeneration: generation, conditions: [...conditions.values()] };
}

function available(rollout: Rollout, facts: Facts): Finding {
  const { spec, status } = rollout;
  const { target } = facts;
  const type = 'Available';
  if (target.kind === 'missing')
    return { type, status: 'False', reason: 'TargetNotFound', message: target.message };
  if (status.stable === undefined) {
    const message = `no version was promoted yet; set the alias ${spec.registry.alias} of ${spec.model} in MLflow`;
    return { type, status: 'False', reason: 'NoStableVersion', message };
  }
  const { version } = status.stable;
  const undecided = undecidedPods(rollout, facts);
  if (undecided !== undefined) {
    const message = `version ${version} was not restored in time: ${undecided}; look at the logs of the pods, or move the alias to another version`;
    return { type, status: 'False', reason: 'RestoreStuck', message };
  }
  const foreign = foreignVersion(rollout, facts);
  if (target.availableReplicas > 0 && foreign !== undefined) {
    const message = `version ${version} decides in pods that are pinned to version ${foreign}, once they have version ${version} loaded`;
    return { type, status: 'True', reason: 'Serving', message };
  }
  if (target.availableReplicas > 0) {
    const serves = isRestoring(status) ? 'is being restored' : 'serves';
    const message = `version ${version} ${serves}; available pods: ${target.availableReplicas}`;
    return { type, status: 'True', reason: 'Serving', message };
  }
  const message = `no pod with version ${version} is available; look at the pods of Deployment ${spec.target.deployment}`;
  return { type, status: 'False', reason: 'NoPodAvailable', message };
}

function progressing({ status }: Rollout): Finding {
  const { phase = 'Waiting', candidate, stable, analysis } = status;
  const type = 'Progressing';
  if (candidate !== undefined && !isRestoring(status)) {
    const weight = candidate.weightPercent === undefined ? '' : ` at weight ${candidate.weightPercent} %`;
    // While a candidate waits for people, the stable version is measured.
    const subject = phase === 'AwaitingApproval' ? `; version ${stable?.version}` : '';
    const measured = analysis === undefined ? '' : `${subject}: ${analysis.message}`;
    return {
      type,
      status: 'True',
      reason: phase,
      message: `version ${candidate.version}${weight}${measured}`,
    };
  }
  if (phase === 'Soaking') {
    const measured = analysis === undefined ? '' : `: ${analysis.message}`;
    return { type, status: 'True', reason: phase, message: `version ${stable?.version}${measured}` };
  }
  if (isRestoring(status)) {
    const message = `pods decide with version ${stable?.version}, once they have it loaded, while the Deployment is rolled back`;
    return { type, status: 'False', reason: phase, message };
  }
  const unproven = phase === 'Stable' && stable !== undefined && stable.soakedAt === undefined;
  const message = unproven
    ? `no rollout is in progress; version ${stable.version} serves unproven, because no bake time gave a verdict`
    : 'no rollout is in progress';
  return { type, status: 'False', reason: phase, message };
}

function degraded({ status }: Rollout, { target }: Facts): Finding {
  const type = 'Degraded';
  if (target.kind === 'missing')
    return { type, status: 'True', reason: 'TargetNotFound', message: target.message };
  const { failed, stable } = status;
  if (failed === undefined) return { type, status: 'False', reason: 'AsExpected', message: '' };
  const refused = stable && isSame(failed, stable) ? 'failed its bake time' : 'was refused';
  const next = `move the alias, or set the annotation ${REQUEST_ANNOTATIONS.retry} to another value that begins with ${failed.version}`;
  const message = `version ${failed.version} ${refused}: ${failed.message}; ${next}`;
  // The operator wrote this reason, so its type is known.
  return { type, status: 'True', reason: failed.reason as RefusalReason, message };
}

function registryReachable({ spec }: Rollout, { alias }: Facts): Finding | undefined {
  const type = 'RegistryReachable';
  switch (alias.kind) {
    case 'version':
      return {
        type,
        status: 'True',
        reason: 'AliasFound',
        message: `alias ${spec.registry.alias} names version ${alias.version}`,
      };
    case 'absent':
      return {
        type,
        status: 'True',
        reason: 'AliasMissing',
        message: `model ${spec.model} or its alias ${spec.registry.alias} does not exist; create both in MLflow`,
      };
    case 'pending':
      return undefined;
    case 'unreachable':
      return { type, status: 'False', reason: 'RegistryUnreachable', message: alias.message };
    case 'refused':
      return { type, status: 'False', reason: 'RegistryRefused', message: alias.message };
    case 'notAllowed':
      return { type, status: 'False', reason: alias.reason ?? 'RegistryNotAllowed', message: alias.message };
  }
}

function metricsReachable({ spec }: Rollout, { measurement }: Facts): Finding | undefined {
  const type = 'MetricsReachable';
  if (measurement === undefined || spec.analysis === undefined) return undefined;
  if (measurement.kind === 'measured')
    return { type, status: 'True', reason: 'Measured', message: 'Prometheus answers' };
  const reason = measurement.reason ?? METRICS_REASONS[measurement.kind];
  return { type, status: 'False', reason, message: measurement.message };
}

const METRICS_REASONS = {
  unreachable: 'MetricsUnreachable',
  partial: 'MetricsPartial',
  notAllowed: 'MetricsNotAllowed',
} as const;

function actionDenied({ status }: Rollout, { denials = [] }: Facts): Finding | undefined {
  const type = 'ActionDenied';
  const [first] = denials;
  if (first !== undefined) {
    const reason = first.kind === 'write' ? 'WriteDenied' : 'ReadDenied';
    return { type, status: 'True', reason, message: denials.map(({ message }) => message).join('; ') };
  }
  return ended(type, status);
}

function pinContested({ status }: Rollout, { contest }: Facts): Finding | undefined {
  const type = 'PinContested';
  if (contest !== undefined)
    return { type, status: 'True', reason: 'PinOverwritten', message: contest.message };
  return ended(type, status);
}

/** While the Deployment is paused, no pod gets another version. */
function deploymentPaused({ spec, status }: Rollout, { target }: Facts): Finding | undefined {
  const type = 'DeploymentPaused';
  const { deployment } = spec.target;
  if (target.kind === 'found' && target.paused && status.candidate !== undefined) {
    const message = `Deployment ${deployment} is paused, so no pod gets another version; kubectl rollout resume deployment/${deployment}`;
    return { type, status: 'True', reason: 'DeploymentPaused', message };
  }
  return ended(type, status);
}

/** Without pods nothing is loaded, measured or decided. */
function scaledToZero({ spec, status }: Rollout, { target }: Facts): Finding | undefined {
  const type = 'ScaledToZero';
  const waits = status.candidate !== undefined || status.phase === 'Soaking';
  if (target.kind === 'found' && target.wantedReplicas === 0 && waits) {
    const message = `Deployment ${spec.target.deployment} has 0 replicas, so the rollout waits; scale it up`;
    return { type, status: 'True', reason: 'ScaledToZero', message };
  }
  return ended(type, status);
}

/** Whether the version that is rolled out, or else the stable version, has the statements that the spec asks for. */
function approved({ spec, status, now }: Rollout, { statements }: Facts): Finding | undefined {
  const type = 'Approved';
  const { phase, candidate, stable } = status;
  if (spec.approval === undefined) {
    const message = 'spec.approval is absent, so whoever may move the alias decides alone';
    return conditionOf(status, type) && { type, status: 'True', reason: 'ApprovalNotRequired', message };
  }
  if (candidate === undefined || isRestoring(status)) return stable && approvedBy(stable);
  if (phase === 'Verifying') {
    const message = `version ${candidate.version} is verified first`;
    return { type, status: 'Unknown', reason: 'ApprovalPending', message };
  }
  if (phase !== 'AwaitingApproval') return approvedBy(candidate);
  const verdict = approvalOf({ spec, status, now }, statements, candidate);
  // A person or a window holds the version. The statements are stored once it goes on.
  if (verdict.kind === 'approved') return approvedBy({ ...candidate, approvals: [...verdict.approvals] });
  if (verdict.kind === 'rejected') {
    const message = `the statements about version ${candidate.version} are being judged`;
    return { type, status: 'Unknown', reason: 'ApprovalPending', message };
  }
  const { reason, message } = verdict;
  return { type, status: reason === 'ApprovalPending' ? 'Unknown' : 'False', reason, message };
}

function approvedBy({ version, approvals = [] }: Pick<CandidateVersion, 'version' | 'approvals'>): Finding {
  const type = 'Approved';
  if (approvals.length === 0) {
    const message = `version ${version} was let through without statements`;
    return { type, status: 'Unknown', reason: 'NotAsked', message };
  }
  // A long reason would push the other signers out of the message.
  const by = approvals
    .map((approval) => `${signerOf(approval)}: ${printable(approval.reason, REASON_CHARACTERS)}`)
    .join('; ');
  return { type, status: 'True', reason: 'Approved', message: `version ${version} was approved by ${by}` };
}

/** A person, a window or a canary step lets the rollout wait. */
function held(rollout: Rollout, facts: Facts): Finding | undefined {
  const type = 'Held';
  const { status } = rollout;
  const holds = heldBy(rollout, facts);
  const [first] = holds;
  if (first === undefined) return ended(type, status);
  const message = waitingMessage(status, holds.map((hold) => hold.message()).join('; '));
  return { type, status: 'True', reason: first.reason, message };
}

/** The end of a trouble. Undefined if the trouble never began. */
function ended(type: Condition['type'], status: ModelDeploymentStatus): Finding | undefined {
  return conditionOf(status, type) && { type, status: 'False', reason: 'AsExpected', message: '' };
}
