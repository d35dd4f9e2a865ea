import { isRestoring } from '../../../operators/rollout/decision/restoration.ts';
import {
  isRefusalReason,
  MODEL_LOAD_REASONS,
} from '../../../services/shared/agreements/condition-reasons.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus, Phase } from '../../../services/shared/model-deployment/status.ts';

export interface PhaseMark {
  readonly phase: Phase;
  /** `failed`: a version was refused in it. `skipped`: the rollout does not need it. */
  readonly state: 'done' | 'present' | 'next' | 'failed' | 'skipped';
}

/** The phases that a rollout of this object has, with what became of each. */
export function phaseLine(spec: ModelDeploymentSpec, status: ModelDeploymentStatus): PhaseMark[] {
  const { phase = 'Waiting' } = status;
  const phases = phasesOf(spec);
  if (phase === 'Waiting')
    return [{ phase, state: 'present' }, ...phases.map((it) => ({ phase: it, state: 'next' as const }))];
  if (phase === 'RolledBack') return rolledBack(phases, status);
  const present = phases.indexOf(phase);
  const skipped = skippedPhases(status);
  return phases.map((it, index) => {
    if (index === present) return { phase: it, state: 'present' };
    if (skipped.has(it)) return { phase: it, state: 'skipped' };
    return { phase: it, state: index < present ? 'done' : 'next' };
  });
}

function phasesOf(spec: ModelDeploymentSpec): Phase[] {
  const asked: readonly (readonly [Phase, boolean])[] = [
    ['Verifying', true],
    ['AwaitingApproval', (spec.approval?.required ?? 0) > 0],
    ['Shadowing', spec.shadow !== undefined],
    ['Canary', spec.canary !== undefined],
    ['Promoting', true],
    ['Soaking', spec.soakSeconds > 0],
    ['Stable', true],
  ];
  return asked.filter(([, has]) => has).map(([phase]) => phase);
}

/** A first version has nothing to be compared with, and a version that served well needs no proof. */
function skippedPhases(status: ModelDeploymentStatus): ReadonlySet<Phase> {
  const { stable, candidate, history = [] } = status;
  const rolled = candidate !== undefined && !isRestoring(status) ? candidate : stable;
  const served = history.some(({ version, outcome }) => version === rolled?.version && outcome === 'Served');
  if (served) return new Set<Phase>(['Verifying', 'Shadowing', 'Canary']);
  const first = stable === undefined || (candidate === undefined && history.length === 0);
  return new Set<Phase>(first ? ['Shadowing', 'Canary'] : []);
}

function rolledBack(phases: readonly Phase[], status: ModelDeploymentStatus): PhaseMark[] {
  const failed = phases.indexOf(failedPhase(status) ?? 'RolledBack');
  const before = phases.slice(0, failed + 1);
  return [
    ...before.map((phase, index) => ({
      phase,
      state: index === failed ? ('failed' as const) : ('done' as const),
    })),
    { phase: 'RolledBack', state: 'present' },
  ];
}

/** The phase in which the version was refused. Undefined if nothing says so. */
function failedPhase({ transitions = [], failed }: ModelDeploymentStatus): Phase | undefined {
  if (failed === undefined) return undefined;
  const refusal = transitions.findIndex(({ reason }) => reason === failed.reason);
  const before = transitions
    .slice(refusal + 1)
    .find(
      ({ candidate, stable, phase }) => phase !== 'RolledBack' && (candidate ?? stable) === failed.version,
    );
  return refusal >= 0 && before ? before.phase : phaseOfReason(failed.reason);
}

const PHASES_OF_REASONS: readonly (readonly [RegExp, Phase])[] = [
  [/^(Verification|Signature|TooSlow|StableVersion|VersionNumber)/, 'Verifying'],
  [/^Promotion(Rejected)/, 'AwaitingApproval'],
  [/^Shadow/, 'Shadowing'],
  [/^Canary/, 'Canary'],
  [/^(PromotionFailed|RolloutStuck)/, 'Promoting'],
  [/^Soak/, 'Soaking'],
];

function phaseOfReason(reason: string): Phase | undefined {
  if (isRefusalReason(reason) && reason in MODEL_LOAD_REASONS) return 'Verifying';
  return PHASES_OF_REASONS.find(([pattern]) => pattern.test(reason))?.[1];
}
