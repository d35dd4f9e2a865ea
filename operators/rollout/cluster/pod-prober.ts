import { modelReadyPath } from '../../../services/shared/agreements/http-paths.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { PodsReading } from '../decision/rollout.ts';
import type { Pod } from './objects.ts';
import { podAddress } from './pod-address.ts';

/** Asks a pod whether it has loaded and verified a model version. */
export interface PodProber {
  /** Never throws. False if the pod gives no answer. `container` is the name of the container that serves. */
  hasLoaded(pod: Pod, container: string, model: string, version: string): Promise<boolean>;
}

/** Asks by the Open Inference Protocol. */
export class OipProber implements PodProber {
  readonly #timeoutMilliseconds: number;

  constructor(timeoutMilliseconds = 2_000) {
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  async hasLoaded(pod: Pod, container: string, model: string, version: string): Promise<boolean> {
    try {
      const response = await fetch(`http://${podAddress(pod, container)}${modelReadyPath(model, version)}`, {
        signal: AbortSignal.timeout(this.#timeoutMilliseconds),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }
}

/** Asks all running pods in parallel. A terminating pod does not count. */
export async function readPods(
  prober: PodProber,
  pods: readonly Pod[],
  { model, target }: Pick<ModelDeploymentSpec, 'model' | 'target'>,
  version: string,
): Promise<PodsReading> {
  const running = pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status?.phase === 'Running' && status.podIP !== undefined,
  );
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
    youngestStart: youngestStart || undefined,
  };
}
