import { HTTP_PORT, modelReadyPath } from '../../../services/shared/agreements/http-paths.ts';
import type { PodsReading } from '../decision/rollout.ts';
import type { Pod } from './objects.ts';

/** Asks a pod whether it has loaded and verified a model version. */
export interface PodProber {
  /** Never throws. False if the pod gives no answer. */
  hasLoaded(pod: Pod, model: string, version: string): Promise<boolean>;
}

/** Asks by the Open Inference Protocol. */
export class OipProber implements PodProber {
  readonly #timeoutMilliseconds: number;

  constructor(timeoutMilliseconds = 2_000) {
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  async hasLoaded(pod: Pod, model: string, version: string): Promise<boolean> {
    try {
      const response = await fetch(`http://${addressOf(pod)}${modelReadyPath(model, version)}`, {
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
  model: string,
  version: string,
): Promise<PodsReading> {
  const running = pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status?.phase === 'Running' && status.podIP !== undefined,
  );
  const answers = await Promise.all(running.map((pod) => prober.hasLoaded(pod, model, version)));
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

function addressOf({ spec, status }: Pod): string {
  const ports = spec?.containers.flatMap((container) => container.ports ?? []) ?? [];
  const port = ports.find(({ name }) => name === 'http')?.containerPort ?? HTTP_PORT;
  const host = status?.podIP ?? '';
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
