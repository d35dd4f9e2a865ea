import type { Clock } from '../../../services/shared/clock.ts';
import { CRASH_WINDOW_SECONDS } from '../decision/crash-limit.ts';
import type { Crashes } from '../decision/rollout.ts';
import { containerStatus, endedByCrash, endsOf, lastEnd } from './container-ends.ts';
import type { ContainerStatus, Pod } from './objects.ts';

interface Episode {
  /** Another id begins anew. */
  readonly id: string;
  /** Name of the container whose crashes count. */
  readonly container: string;
  /** Begin of the episode, or of its present step. Matters only at the first look. */
  readonly since: string;
  /** Time after a crash before the episode in which the pod may crash again by the same cause. 0: it counts anyway. */
  readonly recoverySeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Seen {
  readonly id: string;
  readonly before: Crashes['before'];
  /** How often the container of every pod ended before the episode, 1 at most. A new pod may do the same. */
  readonly usualEnds: number;
  /** Pods that crashed shortly before the episode. They may go on without the candidate's doing. */
  readonly unsettled: Set<string>;
  /** By pod: how often the container had ended at the last look. */
  readonly ends: Map<string, number>;
  /** Monotonic time at which each crash was seen, also of pods that are gone. */
  crashedAt: number[];
}

/**
 * Counts by ModelDeployment how often the serving container crashed lately. Kubernetes keeps only the last end of a
 * container and the number of restarts, so the counts of the last look are remembered. Times of the kubelet matter only at
 * the first look: the clock of a node may be wrong.
 */
export class CrashCounts {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  read(name: string, pods: readonly Pod[], episode: Episode): Crashes {
    const counted = pods.filter(mayCrash);
    const known = this.#seen.get(name);
    const seen = known?.id === episode.id ? known : firstLook(counted, episode);
    this.#seen.set(name, seen);
    const now = this.#clock.monotonic();
    for (const pod of counted) {
      const status = containerStatus(pod, episode.container);
      if (status === undefined) continue;
      const id = idOf(pod);
      const ends = endsOf(status);
      const more = ends - (seen.ends.get(id) ?? seen.usualEnds);
      seen.ends.set(id, Math.max(ends, seen.ends.get(id) ?? seen.usualEnds));
      if (!endedByCrash(status) || seen.unsettled.has(id)) continue;
      for (let count = 0; count < more; count++) seen.crashedAt.push(now);
    }
    seen.crashedAt = seen.crashedAt.filter((time) => now - time < CRASH_WINDOW_SECONDS * 1000);
    return { recent: seen.crashedAt.length, pods: counted.length, before: seen.before };
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }
}

/** What the pods show of the time before the episode. A pod that crashed shortly before says nothing of a steady rate. */
function firstLook(pods: readonly Pod[], episode: Episode): Seen {
  const ends = new Map<string, number>();
  const unsettled = new Set<string>();
  const settled: number[] = [];
  let podSeconds = 0;
  for (const pod of pods) {
    const status = containerStatus(pod, episode.container);
    if (status === undefined) continue;
    const endsBefore = endsOf(status) - (endedInEpisode(status, episode) ? 1 : 0);
    ends.set(idOf(pod), endsBefore);
    if (isUnsettled(status, episode)) {
      unsettled.add(idOf(pod));
      continue;
    }
    settled.push(endsBefore);
    const age = episode.now - Date.parse(pod.metadata.creationTimestamp ?? pod.status?.startTime ?? '');
    if (age > 0) podSeconds += age / 1000;
  }
  const restarts = settled.reduce((sum, number) => sum + number, 0);
  const usualEnds = settled.length === 0 ? 0 : Math.min(1, ...settled);
  return { id: episode.id, before: { restarts, podSeconds }, usualEnds, unsettled, ends, crashedAt: [] };
}

/** False for a pod that is deleted, evicted or shut down: its containers are ended from outside. */
function mayCrash({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase === 'Running';
}

function idOf({ metadata }: Pod): string {
  return metadata.uid ?? metadata.name;
}

/** The last end counts if it came after the begin of the episode. The time is wrong if it is in the future. */
function endedInEpisode(status: ContainerStatus, { since, now }: Episode): boolean {
  const finished = finishedAt(status);
  return finished >= Date.parse(since) && finished <= now;
}

/** True if the container crashed shortly before the episode, or still waits for its restart after such a crash. */
function isUnsettled(status: ContainerStatus, { since, recoverySeconds }: Episode): boolean {
  const age = (Date.parse(since) - finishedAt(status)) / 1000;
  if (recoverySeconds === 0 || !endedByCrash(status) || !(age > 0)) return false;
  const runs = status.state?.waiting === undefined && status.state?.terminated === undefined;
  return !runs || age < recoverySeconds;
}

function finishedAt(status: ContainerStatus): number {
  return Date.parse(lastEnd(status)?.finishedAt ?? '');
}
