import { PIN_VARIABLES } from '../../../services/shared/agreements/environment-variables.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { Pin, TargetReading } from '../decision/rollout.ts';
import type { Container, Deployment, Pod } from './objects.ts';
import { ownPinTime } from './pin-owners.ts';

const SHORTEST_START_SECONDS = 120;
const LONGEST_START_SECONDS = 1_800;

export function targetContainer(deployment: Deployment, name: string): Container | undefined {
  return deployment.spec.template.spec.containers.find((container) => container.name === name);
}

/** The state of the target Deployment. */
export function readTarget(
  target: ModelDeploymentSpec['target'],
  deployment: Deployment | undefined,
): TargetReading {
  if (deployment === undefined) {
    return {
      kind: 'missing',
      message: `Deployment ${target.deployment} does not exist; create it or correct spec.target.deployment`,
    };
  }
  const container = targetContainer(deployment, target.container);
  if (container === undefined) {
    return {
      kind: 'missing',
      message: `Deployment ${target.deployment} has no container ${target.container}; correct spec.target.container`,
    };
  }
  const { status } = deployment;
  return {
    kind: 'found',
    pin: pinOf(container),
    pinnedAt: ownPinTime(deployment),
    complete: isComplete(deployment),
    mixed: !isObserved(deployment) || (status?.updatedReplicas ?? 0) < (status?.replicas ?? 0),
    availableReplicas: status?.availableReplicas ?? 0,
    wantedReplicas: deployment.spec.replicas ?? 1,
    startSeconds: startSecondsOf(deployment),
    minReadySeconds: deployment.spec.minReadySeconds ?? 0,
    progressDeadlineSeconds: deployment.spec.progressDeadlineSeconds,
    paused: deployment.spec.paused ?? false,
    stuck: isObserved(deployment) ? stuckOf(deployment) : undefined,
  };
}

/**
 * True while a deleted pod may still decide. No Deployment counts such a pod. Its deletion timestamp is the end of its
 * grace period, and it decides until then at the latest.
 */
export function isTerminating({ metadata }: Pod, now: number): boolean {
  return metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) > now;
}

/** Reasons of the condition Progressing while the controller replaces pods. A crash of a pod sets none of them. */
const REPLACING_REASONS = ['NewReplicaSetCreated', 'FoundNewReplicaSet', 'ReplicaSetUpdated'];

/** True while pods get another template, for example another image. */
export function isReplacingPods(deployment: Deployment): boolean {
  const progressing = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  return !isObserved(deployment) || REPLACING_REASONS.includes(progressing?.reason ?? '');
}

/** The Deployment's own deadline for its pods, within bounds: some users set it to decades. */
function startSecondsOf({ spec }: Deployment): number {
  const { progressDeadlineSeconds = 600, minReadySeconds = 0 } = spec;
  return (
    Math.min(Math.max(progressDeadlineSeconds, SHORTEST_START_SECONDS), LONGEST_START_SECONDS) +
    minReadySeconds
  );
}

function stuckOf({ status }: Deployment) {
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return undefined;
  const { message = progressing.reason, lastUpdateTime: since = '' } = progressing;
  return { message, since };
}

/** The version to which the container of the pod is pinned. */
export function podPin({ spec }: Pod, name: string): Pin | undefined {
  const container = spec?.containers.find((other) => other.name === name);
  return container && pinOf(container);
}

/** The version to which the container of the Deployment is pinned. */
export function containerPin(deployment: Deployment, name: string): Pin | undefined {
  const container = targetContainer(deployment, name);
  return container && pinOf(container);
}

/** The version to which the container is pinned. */
function pinOf(container: Container): Pin | undefined {
  const value = (name: string) => container.env?.find((variable) => variable.name === name)?.value;
  const version = value(PIN_VARIABLES.version);
  const digest = value(PIN_VARIABLES.digest);
  return version === undefined || digest === undefined ? undefined : { version, digest };
}

/** The same condition as in `kubectl rollout status`. */
function isComplete(deployment: Deployment): boolean {
  const { spec, status } = deployment;
  const wanted = spec.replicas ?? 1;
  return (
    isObserved(deployment) &&
    (status?.updatedReplicas ?? 0) >= wanted &&
    (status?.replicas ?? 0) <= (status?.updatedReplicas ?? 0) &&
    (status?.availableReplicas ?? 0) >= (status?.updatedReplicas ?? 0)
  );
}

/** True if the status describes the present template, and not an earlier template. */
function isObserved({ metadata, status }: Deployment): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);
}
