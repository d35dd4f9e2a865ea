import type { PodHealth } from '../decision/rollout.ts';
import type { Pod } from './objects.ts';

/** Time in which a new pod need not be ready yet: it loads the stable model, and then waits for the candidate. */
const START_MILLISECONDS = 120_000;

interface Moment {
  /** Name of the serving container. */
  readonly container: string;
  /** Time of the API server, in milliseconds since the epoch. */
  readonly now: number;
  /** Start of the phase or step. */
  readonly since: string;
  /** True while the Deployment replaces its pods. Then every pod since the start of the step may take its time. */
  readonly replacing: boolean;
  /** `spec.minReadySeconds` of the Deployment: a pod that became ready counts as available only then. */
  readonly minReadySeconds: number;
}

/** How the pods of the target fare. A pod that terminates, or that its node evicted, does not count. */
export function readPodHealth(pods: readonly Pod[], moment: Moment): PodHealth {
  const counted = pods.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase !== 'Failed',
  );
  return { total: counted.length, starting: counted.filter((pod) => isStarting(pod, moment)).length };
}

function isStarting(pod: Pod, { container, now, since, replacing, minReadySeconds }: Moment): boolean {
  const { status } = pod;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') {
    return now - Date.parse(ready.lastTransitionTime ?? '') < minReadySeconds * 1000;
  }
  const containers = status?.containerStatuses ?? [];
  if (ready === undefined && containers.length > 0 && containers.every((other) => other.ready)) {
    return false;
  }
  if (status?.phase !== 'Running' || status.startTime === undefined) return true;
  const start = Date.parse(status.startTime);
  const firstRun = Date.parse(firstStartOf(pod, container) ?? status.startTime);
  return now - firstRun < START_MILLISECONDS || (replacing && start >= Date.parse(since));
}

/** The node may first have to get the image. Undefined once the container was restarted: a crash makes no pod new. */
function firstStartOf({ status }: Pod, name: string): string | undefined {
  const container = status?.containerStatuses?.find((other) => other.name === name);
  return container?.restartCount === 0 ? container.state?.running?.startedAt : undefined;
}
