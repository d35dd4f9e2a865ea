import type { Pin, Rollout } from '../decision/rollout.ts';
import { watchedSince } from '../decision/stable-pods.ts';
import type { Deployment, Pod } from './objects.ts';
import { TEMPLATE_HASH_LABEL } from './own-pods.ts';
import { isReplacingPods, pinOf } from './target.ts';

/** The pods whose failures speak against a version. */
export interface WatchedPods {
  /** Begin of the time in which failures count. */
  readonly since: string;
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
    if (candidate === undefined || phase === 'Verifying' || phase === 'Soaking') return undefined;
    const replacing = phase === 'Promoting';
    return { since: candidate.since, available: pods, crashing: pods, replacing };
  }
  if (stable === undefined || deployment === undefined) return undefined;
  const replacing = isReplacingPods(deployment);
  const pinned = pods.filter((pod) => isPinnedTo(stable, pod, container));
  return { since, available: pinned, crashing: replacing ? withoutNewTemplate(pinned) : pinned, replacing };
}

function isPinnedTo({ version, digest }: Pin, { spec }: Pod, name: string): boolean {
  const container = spec?.containers.find((other) => other.name === name);
  const pin = container && pinOf(container);
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
