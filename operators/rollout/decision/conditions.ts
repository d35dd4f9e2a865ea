import type {
  ConditionReason,
  RefusalReason,
} from '../../../services/shared/agreements/condition-reasons.ts';
import type {
  Condition,
  ModelDeploymentStatus,
  Phase,
} from '../../../services/shared/model-deployment/status.ts';
import { isRestoring } from './restoration.ts';
import { type Facts, type Rollout, timestamp } from './rollout.ts';
import { truncate } from './transitions.ts';

interface Finding extends Pick<Condition, 'type' | 'status' | 'message'> {
  readonly reason: ConditionReason | RefusalReason | Phase;
}

export function conditionOf(status: ModelDeploymentStatus, type: Condition['type']): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

/** `rollout.status` with every condition as the facts have it; a transition time moves only with the condition's status. */
export function withConditions(rollout: Rollout, facts: Facts): ModelDeploymentStatus {
  return note(rollout, [
    available(rollout, facts),
    progressing(rollout),
    degraded(rollout, facts),
    registryReachable(facts),
    metricsReachable(rollout, facts),
  ]);
}

/** Why the operator must not touch the target. */
export interface Hold {
  readonly reason: Extract<ConditionReason, 'Suspended' | 'TargetClaimed'>;
  readonly message: string;
  /** True if a person must mend something. */
  readonly degraded: boolean;
}

/** The operator is told to keep its hands off, by `suspend` or because another ModelDeployment has the target. */
export function withHold(rollout: Rollout, hold: Hold) {
  const { reason, message } = hold;
  const held: Finding = { type: 'Progressing', status: 'False', reason, message };
  return note(
    rollout,
    hold.degraded ? [held, { type: 'Degraded', status: 'True', reason, message }] : [held],
  );
}

/** What is not found out this time stays as it was. */
function note(
  { status, generation, now }: Rollout,
  findings: readonly (Finding | undefined)[],
): ModelDeploymentStatus {
  const conditions = new Map(status.conditions?.map((condition) => [condition.type, condition]));
  for (const finding of findings) {
    if (finding === undefined) continue;
    const before = conditions.get(finding.type);
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : timestamp(now);
    const message = truncate(finding.message);
    conditions.set(finding.type, { ...finding, message, observedGeneration: generation, lastTransitionTime });
  }
  return { ...status, observedGeneration: generation, conditions: [...conditions.values()] };
}

function available({ status }: Rollout, { target }: Facts): Finding {
  const type = 'Available';
  if (target.kind === 'missing')
    return { type, status: 'False', reason: 'TargetNotFound', message: target.message };
  if (status.stable === undefined) {
    return { type, status: 'False', reason: 'NoStableVersion', message: 'no version was promoted yet' };
  }
  const serving = target.availableReplicas > 0;
  const message = `version ${status.stable.version}; ${target.availableReplicas} pods available`;
  return serving
    ? { type, status: 'True', reason: 'Serving', message }
    : { type, status: 'False', reason: 'NoPodAvailable', message };
}

function progressing({ status }: Rollout): Finding {
  const { phase = 'Waiting', candidate, stable, analysis } = status;
  const type = 'Progressing';
  if (candidate !== undefined && !isRestoring(status)) {
    const weight = candidate.weightPercent === undefined ? '' : ` at ${candidate.weightPercent} %`;
    const measured = analysis === undefined ? '' : `: ${analysis.message}`;
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
    const message = `version ${stable?.version} decides in every pod while the Deployment is rolled back`;
    return { type, status: 'False', reason: phase, message };
  }
  const unproven = phase === 'Stable' && stable !== undefined && stable.soakedAt === undefined;
  const message = unproven
    ? `no version is on its way; version ${stable.version} serves unproven, as its soak came to no verdict`
    : 'no version is on its way';
  return { type, status: 'False', reason: phase, message };
}

function degraded({ status }: Rollout, { target }: Facts): Finding {
  const type = 'Degraded';
  if (target.kind === 'missing')
    return { type, status: 'True', reason: 'TargetNotFound', message: target.message };
  const { failed } = status;
  if (failed === undefined) return { type, status: 'False', reason: 'AsExpected', message: '' };
  return {
    type,
    status: 'True',
    // The operator itself wrote the reason.
    reason: failed.reason as RefusalReason,
    message: `version ${failed.version}: ${failed.message}`,
  };
}

function registryReachable({ alias }: Facts): Finding {
  const type = 'RegistryReachable';
  switch (alias.kind) {
    case 'version':
      return {
        type,
        status: 'True',
        reason: 'AliasFound',
        message: `the alias names version ${alias.version}`,
      };
    case 'absent':
      return {
        type,
        status: 'True',
        reason: 'AliasMissing',
        message: 'the model or its alias does not exist',
      };
    case 'unreachable':
      return { type, status: 'False', reason: 'RegistryUnreachable', message: alias.message };
    case 'refused':
      return { type, status: 'False', reason: 'RegistryRefused', message: alias.message };
  }
}

function metricsReachable({ spec }: Rollout, { measurement }: Facts): Finding | undefined {
  const type = 'MetricsReachable';
  if (measurement === undefined || spec.analysis === undefined) return undefined;
  return measurement.kind === 'measured'
    ? { type, status: 'True', reason: 'Measured', message: 'Prometheus answers' }
    : { type, status: 'False', reason: 'MetricsUnreachable', message: measurement.message };
}
