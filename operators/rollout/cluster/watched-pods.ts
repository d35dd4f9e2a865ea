import type { CandidateVersion } from '../../../services/shared/model-deployment/status.ts';
import { precedesLoading } from '../decision/before-loading.ts';
import type { Pin, Rollout } from '../decision/rollout.ts';
import { watchedSince } from '../decision/stable-pods.ts';
import type { Deployment, Pod } from './objects.ts';
import { TEMPLATE_HASH_LABEL } from './own-pods.ts';
import { isReplacingPods, podPin } from './target.ts';

/** A container that ran for this time after a crash has recovered. */
const RECOVERY_SECONDS = 120;

/** The pods whose failures speak against a version. */
export interface WatchedPods {
  /** Another id means that other pods or another version are watched. */
  readonly id: string;
  /** Begin of the time in which failures count. */
  readonly since: string;
  /** Time after an earlier crash in which a pod may crash again by the same cause. 0: a crash counts anyway. */
  readonly recoverySeconds: number;
  /** Pods whose availability counts. */
  readonly available: readonly Pod[];
  /** Pods whose crashes count. */
  readonly crashing: readonly Pod[];
  /** True while pods are replaced, so that a new pod may take its time. */
  readonly replacing: boolean;
}

/** Undefined if no version is to be judged by its pods now. */
export function watchedPods(
  { status, elapsed }: Pick<Rollout, 'status' | 'elapsed'>,
  pods: readonly Pod[],
  deployment: Deployment | undefined,
  container: string,
): WatchedPods | undefined {
  const { phase, candidate, stable } = status;
  const since = watchedSince({ status, elapsed });
  if (since === undefined) {
    if (candidate === undefined || precedesLoading(phase) || phase === 'Soaking') return undefined;
    const { since } = candidate;
    const replacing = phase === 'Promoting';
    const id = loadOf(candidate);
    return { id, since, recoverySeconds: RECOVERY_SECONDS, available: pods, crashing: pods, replacing };
  }
  if (stable === undefined || deployment === undefined) return undefined;
  const replacing = isReplacingPods(deployment);
  const pinned = pods.filter((pod) => isPinnedTo(stable, pod, container));
  const crashing = replacing ? withoutNewTemplate(pinned) : pinned;
  return { id: `bake time ${since}`, since, recoverySeconds: 0, available: pinned, crashing, replacing };
}

/** Names the load of a candidate through all its steps. */
export function loadOf({ version, digest }: CandidateVersion): string {
  return `load ${version} ${digest}`;
}

function isPinnedTo({ version, digest }: Pin, pod: Pod, name: string): boolean {
  const pin = podPin(pod, name);
  return pin?.version === version && pin.digest === digest;
}

/**
 * The pods without those of the youngest template, if there is another. Pods of a new image may crash by the image, while
 * the others show how the version fares.
 */
function withoutNewTemplate(pods: readonly Pod[]): readonly Pod[] {
  const made = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? '');
  const [youngest] = pods.toSorted((a, b) => made(b) - made(a));
  const newest = youngest && templateOf(youngest);
  const others = pods.filter((pod) => templateOf(pod) !== newest);
  return others.length > 0 ? others : pods;
}

function templateOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[TEMPLATE_HASH_LABEL];
}
