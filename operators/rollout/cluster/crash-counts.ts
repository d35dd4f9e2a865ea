import type { ContainerStatus, Pod } from './objects.ts';

interface Episode {
  /** Name of the container whose crashes count. */
  readonly container: string;
  /** Begin of the episode. */
  readonly since: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Seen {
  readonly since: string;
  /** By pod: how often the container had ended before the episode, or without a crash since. */
  readonly before: Map<string, number>;
  /** By pod, also of pods that are gone. */
  readonly crashes: Map<string, number>;
}

/**
 * Counts by ModelDeployment how often the serving container ended with a non-zero exit code since a time. Kubernetes
 * keeps only the last end of a container and the number of restarts, so the counts at the first look are remembered.
 * Times of the kubelet matter only at that look: the clock of a node may be wrong.
 */
export class CrashCounts {
  readonly #seen = new Map<string, Seen>();

  count(name: string, pods: readonly Pod[], episode: Episode): number {
    const known = this.#seen.get(name);
    const isFirstLook = known?.since !== episode.since;
    const seen: Seen = isFirstLook ? { since: episode.since, before: new Map(), crashes: new Map() } : known;
    this.#seen.set(name, seen);
    for (const pod of pods.filter(mayCrash)) {
      const status = pod.status?.containerStatuses?.find((other) => other.name === episode.container);
      if (status === undefined) continue;
      const id = pod.metadata.uid ?? pod.metadata.name;
      const ends = endsOf(status);
      // All ends of a pod that appears later are in the episode.
      const before = isFirstLook ? ends - endsAtFirstLook(status, episode) : 0;
      if (!seen.before.has(id)) seen.before.set(id, before);
      if (isCrash(status)) seen.crashes.set(id, ends - (seen.before.get(id) ?? 0));
      else seen.before.set(id, ends - (seen.crashes.get(id) ?? 0));
    }
    return [...seen.crashes.values()].reduce((sum, crashes) => sum + crashes, 0);
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }
}

/** False for a pod that is deleted, evicted or shut down: its containers are ended from outside. */
function mayCrash({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase === 'Running';
}

/** How often the container ended so far. `restartCount` grows only when the container starts again. */
function endsOf(status: ContainerStatus): number {
  const waitsForRestart =
    status.state?.terminated !== undefined ||
    (status.state?.waiting !== undefined && status.lastState?.terminated !== undefined);
  return (status.restartCount ?? 0) + (waitsForRestart ? 1 : 0);
}

/** The reasons of an end that nobody saw, because the node itself restarted. */
const LOST_REASONS: readonly string[] = ['Unknown', 'ContainerStatusUnknown'];

/** Whether the container itself ended last with an error. */
function isCrash(status: ContainerStatus): boolean {
  const { exitCode = 0, reason = '' } = lastEnd(status) ?? {};
  return exitCode !== 0 && !LOST_REASONS.includes(reason);
}

function lastEnd({ state, lastState }: ContainerStatus) {
  return state?.terminated ?? lastState?.terminated;
}

/** The last end counts if it came after the begin of the episode. The time is wrong if it is in the future. */
function endsAtFirstLook(status: ContainerStatus, { since, now }: Episode): number {
  const finished = Date.parse(lastEnd(status)?.finishedAt ?? '');
  return finished >= Date.parse(since) && finished <= now ? 1 : 0;
}
