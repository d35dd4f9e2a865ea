import { createHash } from 'node:crypto';
import type { Deployment, Pod, PodTemplate } from '../../operators/rollout/cluster/objects.ts';
import { TEMPLATE_HASH_LABEL } from '../../operators/rollout/cluster/own-pods.ts';
import { kubernetesTime } from './played-times.ts';

/** What the Deployment controller does next. */
export interface DeploymentStep {
  /** Number of pods to create from the present template. */
  readonly create: number;
  readonly remove: readonly Pod[];
  readonly status: NonNullable<Deployment['status']>;
}

/** One pod more than wanted may run while pods are replaced, and none less may be available. */
const SURGE = 1;

/** Decides as Kubernetes does for `maxSurge: 1` and `maxUnavailable: 0`. */
export function deploymentStep(deployment: Deployment, pods: readonly Pod[], now: number): DeploymentStep {
  const { spec, metadata } = deployment;
  const wanted = spec.replicas ?? 1;
  const hash = templateHash(spec.template);
  const alive = pods.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && !hasEnded(status?.phase),
  );
  const present = alive.filter((pod) => pod.metadata.labels?.[TEMPLATE_HASH_LABEL] === hash);
  const former = alive.filter((pod) => !present.includes(pod));
  const available = alive.filter(isReady).length;
  const room = wanted + (former.length > 0 && !spec.paused ? SURGE : 0) - alive.length;
  const replacing = present.length < wanted || former.length > 0 || available < wanted;
  return {
    create: spec.paused ? 0 : Math.max(0, Math.min(wanted - present.length, room)),
    remove: spec.paused ? [] : [...surplus(present, wanted), ...replaced(present, former, wanted)],
    status: {
      observedGeneration: metadata.generation ?? 1,
      replicas: alive.length,
      updatedReplicas: present.length,
      availableReplicas: available,
      ...{ readyReplicas: available },
      conditions: [progressing(deployment, replacing, now)],
    },
  };
}

/** Pods of the present template, if there are more than wanted. */
function surplus(present: readonly Pod[], wanted: number): readonly Pod[] {
  return present.toSorted((a, b) => Number(isReady(b)) - Number(isReady(a))).slice(wanted);
}

/** Pods of a former template that are not needed any more. Those that serve nobody go first. */
function replaced(present: readonly Pod[], former: readonly Pod[], wanted: number): readonly Pod[] {
  const starting = present.filter((pod) => !isReady(pod)).length;
  const spare = present.length + former.length - wanted - starting;
  const unready = former.filter((pod) => !isReady(pod)).slice(0, Math.max(0, spare));
  const ready = former.filter(isReady);
  const served = present.length - starting + ready.length;
  return [...unready, ...ready.slice(0, Math.max(0, Math.min(spare - unready.length, served - wanted)))];
}

function progressing({ status }: Deployment, replacing: boolean, now: number) {
  const reason = replacing ? 'ReplicaSetUpdated' : 'NewReplicaSetAvailable';
  const known = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (known?.reason === reason) return known;
  const time = kubernetesTime(now);
  return { type: 'Progressing', status: 'True', reason, lastUpdateTime: time, lastTransitionTime: time };
}

/** The part of the pods' names that stands for the template. */
export function templateHash(template: PodTemplate): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

export function hasEnded(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
