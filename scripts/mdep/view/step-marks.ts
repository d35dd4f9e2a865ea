import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

type Step = NonNullable<ModelDeploymentSpec['canary']>['steps'][number];

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
  const weight = phase === 'Canary' ? (status.candidate?.weightPercent ?? 0) : 0;
  return spec.canary.steps.map((step) => ({
    weightPercent: step.weightPercent,
    state: step.weightPercent === weight ? 'present' : step.weightPercent < weight ? 'done' : 'next',
    ...minimumDurationOf(step),
    ...pauseOf(step),
  }));
}

/** The step in which the canary is. Undefined in every other phase, and before the first weight. */
export function presentStep(spec: ModelDeploymentSpec, { phase, candidate }: ModelDeploymentStatus) {
  if (phase !== 'Canary') return undefined;
  return spec.canary?.steps.find(({ weightPercent }) => weightPercent === candidate?.weightPercent);
}

/** Whether the canary pauses after the step until somebody approves it. */
export function needsApproval(step: Step): boolean {
  return pauseOf(step).pause === 'approval';
}

export function minimumDurationOf(step: Step): Pick<StepMark, 'minimumDurationSeconds'> {
  const seconds = 'minimumDurationSeconds' in step ? Number(step.minimumDurationSeconds ?? 0) : 0;
  return seconds > 0 ? { minimumDurationSeconds: seconds } : {};
}

export function pauseOf(step: Step): Pick<StepMark, 'pause'> {
  const pause = 'pause' in step ? (step.pause as { durationSeconds?: number } | undefined) : undefined;
  return pause === undefined ? {} : { pause: pause.durationSeconds ?? 'approval' };
}
