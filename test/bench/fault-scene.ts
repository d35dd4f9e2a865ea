import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { WAKE_CONFIG_MAP } from '../../services/shared/agreements/kubernetes-names.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../services/shared/logging.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';
import { InProcessCluster } from '../support/in-process-cluster.ts';
import { PrometheusStandIn } from '../support/prometheus-stand-in.ts';
import { RegistryStandIn } from './registry-stand-in.ts';
import { type BenchOperator, type BenchOperatorOptions, startBenchOperator } from './rollout-operator.ts';

export interface FaultSceneOptions {
  readonly api: KubeApiServer;
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly operator: Pick<BenchOperatorOptions, 'directory' | 'bundle' | 'nodeOptions'>;
}

const WEIGHT_PERCENT = 50;
const WAIT_MILLISECONDS = 60_000;
const LOSS_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 50;
const logger = createLogger({ component: 'bench', level: 'silent' });

/** A namespace with an operator and a candidate that decides half of the keys. */
export class FaultScene implements AsyncDisposable {
  readonly options: FaultSceneOptions;
  readonly registry = new RegistryStandIn();
  readonly operators: BenchOperator[] = [];
  readonly #metrics = new PrometheusStandIn();
  readonly #cluster: InProcessCluster;
  readonly #stack = new AsyncDisposableStack();

  constructor(options: FaultSceneOptions) {
    const { client, namespace } = options;
    this.options = options;
    this.#stack.use(this.registry);
    this.#stack.use(this.#metrics);
    this.#cluster = new InProcessCluster({
      client,
      namespace,
      modelDeployment: namespace,
      model: namespace,
      logger,
      verify: (version) => ({ passed: true, digest: `sha256:${version}` }),
    });
  }

  get objectPath(): string {
    return modelDeploymentPath(this.options.namespace, this.options.namespace);
  }

  get deploymentPath(): string {
    return `/apis/apps/v1/namespaces/${this.options.namespace}/deployments/inference`;
  }

  async start(): Promise<void> {
    const { namespace } = this.options;
    await this.registry.start();
    const prometheus = await this.#metrics.start();
    await this.#cluster.start();
    this.#stack.defer(() => this.#cluster.stop());
    await this.options.client.create(`/api/v1/namespaces/${namespace}/configmaps`, {
      metadata: { name: WAKE_CONFIG_MAP },
    });
    await this.install(namespace, this.registry.url, 'inference', prometheus);
    await this.startOperator();
    await this.#until(
      'version 1 is stable',
      ({ phase, stable }) => phase === 'Stable' && stable !== undefined,
    );
    this.registry.moved.set(namespace, '2');
    await this.#until('the canary', ({ candidate }) => candidate?.weightPercent === WEIGHT_PERCENT);
  }

  /** Starts one more replica of the operator. */
  async startOperator(): Promise<void> {
    const { api, namespace, operator } = this.options;
    const name = `rollout-${this.operators.length}`;
    const { kubeConfigFile } = api;
    const options = { ...operator, name, namespace, kubeConfigFile, webhooks: true };
    this.operators.push(this.#stack.use(await startBenchOperator(options)));
  }

  /** Lets the fault end with the scene. */
  defer(end: () => void | Promise<void>): void {
    this.#stack.defer(end);
  }

  /** Lets work go on beside the measurement, with a pause after each time. */
  repeat(pauseMilliseconds: number, work: () => Promise<unknown>): void {
    const stop = new AbortController();
    const running = (async () => {
      while (!stop.signal.aborted) {
        await work().catch(() => {});
        await delay(pauseMilliseconds);
      }
    })();
    this.#stack.defer(async () => {
      stop.abort();
      await running;
    });
  }

  async install(name: string, registryUrl: string, deployment: string, prometheus: string): Promise<void> {
    await this.options.client.create(modelDeploymentPath(this.options.namespace), {
      apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name },
      spec: {
        model: name,
        registry: { url: registryUrl, alias: 'champion', pollSeconds: 5 },
        target: { deployment, container: 'inference' },
        // The step never has that many samples, so it holds until a measurement fails.
        canary: { steps: [{ weightPercent: WEIGHT_PERCENT, minimumSamples: 1_000_000 }] },
        analysis: { prometheus, intervalSeconds: 1, failureLimit: 1 },
        soakSeconds: 0,
      },
    } as KubernetesObject);
  }

  /** Lets the candidate err on half of its records. */
  err(): void {
    this.#metrics.erring.add('2');
  }

  /** @returns the seconds from now until the candidate has no key. NaN: not within two minutes */
  async secondsUntilNoKey(): Promise<number> {
    const start = performance.now();
    while (performance.now() - start < LOSS_MILLISECONDS) {
      const status = await this.#status().catch(() => undefined);
      const decides = this.#cluster.pods.some(({ candidate }) => candidate?.version === '2');
      if (status !== undefined && status.candidate?.version !== '2' && !decides) {
        return (performance.now() - start) / 1000;
      }
      await delay(POLL_MILLISECONDS);
    }
    return Number.NaN;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #status(): Promise<ModelDeploymentStatus> {
    return (await this.options.client.get<ModelDeployment>(this.objectPath)).status ?? {};
  }

  async #until(what: string, holds: (status: ModelDeploymentStatus) => boolean): Promise<void> {
    const end = performance.now() + WAIT_MILLISECONDS;
    for (;;) {
      const status = await this.#status();
      if (holds(status)) return;
      if (performance.now() > end) throw new Error(`not: ${what}; ${JSON.stringify(status)}`);
      await delay(POLL_MILLISECONDS);
    }
  }
}
