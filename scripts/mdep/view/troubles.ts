import type { Condition, ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

export interface Trouble {
  /** For example `MetricsReachable=False`. */
  readonly condition: string;
  readonly reason: string;
  readonly message: string;
  readonly since: string;
}

/** The status of each condition that a person should know of. `waitsOf` shows the conditions that are not here. */
const BAD: Partial<Record<Condition['type'], Condition['status']>> = {
  Available: 'False',
  Degraded: 'True',
  RegistryReachable: 'False',
  MetricsReachable: 'False',
  ActionDenied: 'True',
  PinContested: 'True',
  DeploymentPaused: 'True',
  ScaledToZero: 'True',
};

export function troublesOf(status: ModelDeploymentStatus): Trouble[] {
  const { conditions = [] } = status;
  return conditions
    .filter((condition) => isBad(condition) && !isShownElsewhere(condition, status))
    .map(({ type, status: is, reason, message, lastTransitionTime }) => ({
      condition: `${type}=${is}`,
      reason,
      message,
      since: lastTransitionTime,
    }));
}

/** A pin or a rollback that names no version that served has no effect. */
function isBad({ type, status, reason }: Condition): boolean {
  return BAD[type] === status || (type === 'BreakGlass' && reason.endsWith('Impossible'));
}

/** A refused version has a section of its own, and the first sentence says that none serves yet. */
function isShownElsewhere({ type, reason }: Condition, { failed }: ModelDeploymentStatus): boolean {
  return type === 'Degraded' ? reason === failed?.reason : reason === 'NoStableVersion';
}
