import type { PodHealth } from '../decision/rollout.ts';
import { containerStatus, endedByCrash, endsOf, lastEnd, wasLost } from './container-ends.ts';
import type { Pod } from './objects.ts';

interface Moment {
  /** Name of the container that serves. */
  readonly container: string;
  /** Time of the API server, in milliseconds since the epoch. */
  readonly now: number;
  /** Start of the phase or step. */
  readonly since: string;
  /** True while the Deployment replaces its pods. Then every pod since the start of the step may take its time. */
  readonly replacing: boolean;
  /** `spec.minReadySeconds` of the Deployment: a pod that became ready counts as available only then. */
  readonly minReadySeconds: number;
  /** Time in which a container that starts need not be ready yet. */
  readonly startSeconds: number;
}

/** How the pods of the target fare. A pod that terminates, or that its node evicted, does not count. */
export function readPodHealth(pods: readonly Pod[], moment: Moment): PodHealth {
  const states = pods
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase !== 'Failed')
    .map((pod) => stateOf(pod, moment));
  const count = (state: ReturnType<typeof stateOf>) => states.filter((other) => other === state).length;
  return {
    total: states.length,
    ready: count('ready'),
    starting: count('starting'),
    restarting: count('restarting'),
  };
}

/** `other`: nothing excuses that the pod is not ready. */
function stateOf(pod: Pod, moment: Moment): 'ready' | 'starting' | 'restarting' | 'other' {
  const { now, since, replacing, minReadySeconds, startSeconds } = moment;
  const { status } = pod;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const changed = Date.parse(ready?.lastTransitionTime ?? '');
  if (ready?.status === 'True') return now - changed < minReadySeconds * 1000 ? 'starting' : 'ready';
  const containers = status?.containerStatuses ?? [];
  if (containers.length > 0 && containers.every((container) => container.ready)) {
    // Kubernetes takes the readiness of a pod away if its node is away, or if something outside of the pod is not ready.
    if (ready === undefined) return 'ready';
    return now - changed < startSeconds * 1000 ? 'starting' : 'other';
  }
  if (status?.phase !== 'Running' || status.startTime === undefined) return 'starting';
  const container = containerStatus(pod, moment.container);
  if (container !== undefined && endsOf(container) > 0 && !wasLost(container)) {
    const ended = Date.parse(lastEnd(container)?.finishedAt ?? '');
    return endedByCrash(container) && now - ended < startSeconds * 1000 ? 'restarting' : 'other';
  }
  // Kubernetes may have forgotten how the container ended.
  if (container?.state?.waiting?.reason === 'CrashLoopBackOff') return 'other';
  const start = Date.parse(container?.state?.running?.startedAt ?? status.startTime);
  // The node gives both times to the second.
  const wasReady = changed > start + 1000;
  if (wasReady) return 'other';
  const isNew = now - start < startSeconds * 1000 || (replacing && start >= Date.parse(since));
  return isNew ? 'starting' : 'other';
}
