import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { CheckResult, ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { presentStep } from './step-marks.ts';

export interface Gate extends CheckResult {
  /** Failures of this query that the rollout survives. */
  readonly failureLimit?: number;
}

export interface Gates {
  readonly measuredAt: string;
  /** Result of the last measurement, as the operator says it. */
  readonly message: string;
  /** Failed measurements of this phase or step. */
  readonly failures: number;
  readonly checks: readonly Gate[];
}

/** The last measurement of this phase or step. Undefined if there is none. */
export function gatesOf(spec: ModelDeploymentSpec, status: ModelDeploymentStatus): Gates | undefined {
  const { analysis } = status;
  if (analysis === undefined) return undefined;
  const { measuredAt, message, failures, checks = samplesOf(spec, status) } = analysis;
  return { measuredAt, message, failures, checks: checks.map((check) => withLimit(check, spec)) };
}

function withLimit(check: CheckResult, { analysis }: ModelDeploymentSpec): Gate {
  const query = analysis?.queries.find(({ name }) => name === check.name);
  if (analysis === undefined || query === undefined) return check;
  return { ...check, failureLimit: query.failureLimit ?? analysis.failureLimit };
}

/** An operator of an earlier release records no checks. It records the samples. */
function samplesOf(spec: ModelDeploymentSpec, status: ModelDeploymentStatus): CheckResult[] {
  const value = status.candidate?.samples;
  const min =
    status.phase === 'Shadowing' ? spec.shadow?.minimumSamples : presentStep(spec, status)?.minimumSamples;
  if (value === undefined || min === undefined) return [];
  return [{ name: 'samples', value, min, verdict: value >= min ? 'passed' : 'inconclusive' }];
}
