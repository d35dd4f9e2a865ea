import { ISOLATED_CANARY } from '../../../services/shared/agreements/kubernetes-names.ts';
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
 * because its keys would flip to the stable version meanwhile. Without `canary.isolated` the Deployment of the manifests
 * gets no pod, also if the field was removed in a rollout.
 */
export function isolatedPods(
  { canary }: Pick<ModelDeploymentSpec, 'canary'>,
  { phase, candidate }: ModelDeploymentStatus,
): IsolatedPods {
  const { deployment = ISOLATED_CANARY, container = 'inference', replicas = 1 } = canary?.isolated ?? {};
  const loading = phase === 'Promoting' && candidate?.weightPercent !== 100;
  const wanted = canary?.isolated !== undefined && (candidate?.isolated !== undefined || loading);
  if (!wanted || candidate?.mode === undefined || candidate.digest === undefined) {
    return { deployment, container, pin: undefined, replicas: 0 };
  }
  const { version, digest } = candidate;
  return { deployment, container, pin: { version, digest }, replicas };
}
