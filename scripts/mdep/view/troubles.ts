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

export function troublesOf({ conditions = [], failed }: ModelDeploymentStatus): Trouble[] {
  return (
    conditions
      .filter(({ type, status }) => BAD[type] === status)
      // A refused version has a section of its own.
      .filter(({ type, reason }) => type !== 'Degraded' || reason !== failed?.reason)
      .map(({ type, status, reason, message, lastTransitionTime }) => ({
        condition: `${type}=${status}`,
        reason,
        message,
        since: lastTransitionTime,
      }))
  );
}
