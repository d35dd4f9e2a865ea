import { HTTP_PATHS, modelReadyPath } from '../../../services/shared/agreements/http-paths.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { PodsReading } from '../decision/rollout.ts';
import { countsDecisions } from './decided-records.ts';
import type { Pod } from './objects.ts';
import { podAddress } from './pod-address.ts';
import { podPin } from './target.ts';
import { waitsForCanary } from './waits-for-canary.ts';

/** Pods that are asked for records. A version that decided on none of so many pods has no traffic. */
const ASKED_PODS = 20;

/** Asks a pod whether it has loaded and verified a model version. */
export interface PodProber {
  /** Never throws. False if the pod gives no answer. `container` is the name of the container that serves. */
  hasLoaded(pod: Pod, container: string, model: string, version: string): Promise<boolean>;
  /** Whether the pod has decided a record with the version. Never throws. False if the pod gives no answer. */
  hasDecided(pod: Pod, container: string, version: string): Promise<boolean>;
}

/** Asks by the Open Inference Protocol. */
export class OipProber implements PodProber {
  readonly #timeoutMilliseconds: number;

  constructor(timeoutMilliseconds = 2_000) {
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  async hasLoaded(pod: Pod, container: string, model: string, version: string): Promise<boolean> {
    try {
      const response = await fetch(
        `http://${podAddress(pod, container)}${modelReadyPath(model, version)}`,
        this.#request(),
      );
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  async hasDecided(pod: Pod, container: string, version: string): Promise<boolean> {
    try {
      const response = await fetch(
        `http://${podAddress(pod, container)}${HTTP_PATHS.metrics}`,
        this.#request(),
      );
      // Leaving the loop over the body cancels the rest.
      return response.ok && response.body !== null && (await countsDecisions(response.body, version));
    } catch {
      return false;
    }
  }

  /** A redirect could lead to a server that the pod itself may not call. */
  #request(): RequestInit {
    return { redirect: 'manual', signal: AbortSignal.timeout(this.#timeoutMilliseconds) };
  }
}

/**
 * Asks all running pods in parallel. A terminating pod does not count.
 * @param now time of the API server, in milliseconds since the epoch
 */
export async function readPods(
  prober: PodProber,
  pods: readonly Pod[],
  { model, target }: Pick<ModelDeploymentSpec, 'model' | 'target'>,
  version: string,
  now: number,
): Promise<PodsReading> {
  const running = pods.filter(isRunning);
  const answers = await Promise.all(
    running.map((pod) => prober.hasLoaded(pod, target.container, model, version)),
  );
  const others = running.filter((_, index) => !answers[index]);
  const youngestStart = others
    .map(({ status }) => status?.startTime ?? '')
    .toSorted()
    .at(-1);
  return {
    total: running.length,
    loaded: running.length - others.length,
    waiting: others.filter((pod) => waitsForCanary(pod, target.container, now)).length,
    youngestStart: youngestStart || undefined,
    otherVersions: otherVersions(others, target.container, version),
  };
}

/** The versions to which the pods are pinned, in a fixed order, without `version`. */
function otherVersions(pods: readonly Pod[], container: string, version: string): readonly string[] {
  const pinned = pods.flatMap((pod) => podPin(pod, container)?.version ?? []);
  return [...new Set(pinned)].filter((other) => other !== version).toSorted();
}

/** Whether any pod has decided a record with the version. Terminating pods do not count. */
export async function haveDecided(
  prober: PodProber,
  pods: readonly Pod[],
  container: string,
  version: string,
): Promise<boolean> {
  const running = pods.filter(isRunning);
  const asked = running.slice(0, ASKED_PODS);
  const answers = await Promise.all(asked.map((pod) => prober.hasDecided(pod, container, version)));
  return answers.some((answer) => answer);
}

function isRunning({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && status?.phase === 'Running' && status.podIP !== undefined
  );
}
