import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { Pin } from './rollout.ts';

/** What the Deployment of an isolated canary must be. */
export interface IsolatedPods {
  readonly deployment: string;
  readonly container: string;
  /** Undefined if no candidate runs apart. */
  readonly pin: Pin | undefined;
  readonly replicas: number;
}

/**
 * The pods that run a candidate apart from the target. They stay until every pod of the target has loaded the candidate,
 * because its keys would flip to the stable version meanwhile. Undefined if the spec does not ask for isolation.
 */
export function isolatedPods(
  { canary }: Pick<ModelDeploymentSpec, 'canary'>,
  { phase, candidate }: ModelDeploymentStatus,
): IsolatedPods | undefined {
  if (canary?.isolated === undefined) return undefined;
  const { deployment, container, replicas } = canary.isolated;
  const loading = phase === 'Promoting' && candidate?.weightPercent !== 100;
  const wanted = candidate?.isolated !== undefined || loading;
  if (!wanted || candidate?.mode === undefined || candidate.digest === undefined) {
    return { deployment, container, pin: undefined, replicas: 0 };
  }
  const { version, digest } = candidate;
  return { deployment, container, pin: { version, digest }, replicas };
}
