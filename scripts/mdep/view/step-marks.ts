import { stepOf } from '../../../operators/rollout/decision/held.ts';
import type { CanaryStep } from '../../../services/shared/model-deployment/canary-step.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

export interface StepMark {
  readonly weightPercent: number;
  readonly state: 'done' | 'present' | 'next';
  /** Shortest duration of the step. */
  readonly minimumDurationSeconds?: number;
  /** `approval`: the canary pauses after this step until somebody approves. A number: for so many seconds. */
  readonly pause?: 'approval' | number;
}

/** The steps of the canary, while it goes on or is still to come. */
export function stepMarks(spec: ModelDeploymentSpec, status: ModelDeploymentStatus): StepMark[] {
  const { phase } = status;
  if (spec.canary === undefined || (phase !== 'Canary' && phase !== 'Shadowing')) return [];
  const present = presentStep(spec, status)?.weightPercent ?? 0;
  return spec.canary.steps.map(({ weightPercent, minimumDurationSeconds, pause }) => ({
    weightPercent,
    state: weightPercent === present ? 'present' : weightPercent < present ? 'done' : 'next',
    ...(minimumDurationSeconds ? { minimumDurationSeconds } : {}),
    ...(pause === undefined ? {} : { pause: pause.durationSeconds ?? 'approval' }),
  }));
}

/** The step in which the canary is. Undefined in every other phase, and before the first weight. */
export function presentStep(
  spec: ModelDeploymentSpec,
  { phase, candidate }: ModelDeploymentStatus,
): CanaryStep | undefined {
  return phase === 'Canary' && candidate !== undefined ? stepOf(spec, candidate) : undefined;
}
