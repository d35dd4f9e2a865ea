import type { Condition, Phase } from '../../../services/shared/model-deployment/status.ts';
import type { RolloutWorld } from '../rollout-world.ts';

/** A trouble that a person can end, and the condition that tells the person. */
export interface ShownTrouble {
  readonly what: string;
  readonly lasts: (world: RolloutWorld) => boolean;
  readonly type: Condition['type'];
  readonly status: Condition['status'];
  readonly reasons: readonly string[];
}

const MEASURED: readonly (Phase | undefined)[] = ['Shadowing', 'Soaking'];
const LOADED: readonly (Phase | undefined)[] = ['Shadowing', 'Canary', 'Promoting'];

function isMeasured({ status: { phase, candidate } }: RolloutWorld): boolean {
  return MEASURED.includes(phase) || (phase === 'Canary' && (candidate?.weightPercent ?? 0) > 0);
}

export const SHOWN_TROUBLES: readonly ShownTrouble[] = [
  {
    what: 'MLflow does not answer',
    lasts: ({ registry }) => registry.mode === 'unreachable' || registry.mode === 'hangs',
    type: 'RegistryReachable',
    status: 'False',
    reasons: ['RegistryUnreachable'],
  },
  {
    what: 'MLflow refuses',
    lasts: ({ registry }) => registry.mode === 'refuses',
    type: 'RegistryReachable',
    status: 'False',
    reasons: ['RegistryRefused'],
  },
  {
    what: 'Prometheus does not answer',
    lasts: (world) =>
      isMeasured(world) && (world.prometheus.mode === 'unreachable' || world.prometheus.mode === 'hangs'),
    type: 'MetricsReachable',
    status: 'False',
    reasons: ['MetricsUnreachable'],
  },
  {
    what: 'the verification Job is denied',
    lasts: ({ status, denials, targetIsFound }) =>
      targetIsFound && status.phase === 'Verifying' && denials.lately === 'create job',
    type: 'ActionDenied',
    status: 'True',
    reasons: ['WriteDenied'],
  },
  {
    what: 'the pin is denied',
    lasts: ({ status, target, denials, targetIsFound }) =>
      targetIsFound &&
      denials.calls.has('pin') &&
      denials.lately === 'pin' &&
      target.pinIsForeign &&
      status.stable !== undefined &&
      target.pin?.version !== status.stable.version,
    type: 'ActionDenied',
    status: 'True',
    reasons: ['WriteDenied'],
  },
  {
    what: 'another client sets the pin for ever',
    lasts: ({ status, target, denials, targetIsFound }) =>
      targetIsFound &&
      status.stable !== undefined &&
      target.foreignPin !== undefined &&
      !denials.calls.has('pin'),
    type: 'PinContested',
    status: 'True',
    reasons: ['PinOverwritten'],
  },
  {
    what: 'the Deployment is paused',
    lasts: ({ status, target, targetIsFound }) =>
      targetIsFound &&
      target.paused &&
      status.phase === 'Promoting' &&
      status.candidate?.weightPercent === 100,
    type: 'DeploymentPaused',
    status: 'True',
    reasons: ['DeploymentPaused'],
  },
  {
    what: 'the Deployment is scaled to zero',
    lasts: ({ status, target, targetIsFound }) =>
      targetIsFound && target.pods.length === 0 && LOADED.includes(status.phase),
    type: 'ScaledToZero',
    status: 'True',
    reasons: ['ScaledToZero'],
  },
  {
    what: 'the Deployment has no such container',
    lasts: ({ targetIsFound }) => !targetIsFound,
    type: 'Degraded',
    status: 'True',
    reasons: ['TargetNotFound'],
  },
];
