import { systemClock } from '../../services/shared/clock.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { Reflector } from '../../services/shared/kubernetes/reflector.ts';
import { createLogger } from '../../services/shared/logging.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';
import { InProcessCluster } from '../support/in-process-cluster.ts';
import { PrometheusStandIn } from '../support/prometheus-stand-in.ts';
import { registerVersion } from '../support/register-version.ts';
import { until } from '../support/until.ts';
import { type BenchOperatorOptions, startBenchOperator } from './rollout-operator.ts';

export interface RolloutSceneOptions {
  readonly client: KubernetesClient;
  readonly mlflowUrl: string;
  readonly operator: BenchOperatorOptions;
  readonly pollSeconds: number;
}

const WAIT_MILLISECONDS = 60_000;
const CANARY_WEIGHT_PERCENT = 50;
const logger = createLogger({ component: 'bench', level: 'silent' });

/** A namespace with an operator, one ModelDeployment at rest on its first version, and two simulated pods. */
export class RolloutScene implements AsyncDisposable {
  readonly #options: RolloutSceneOptions;
  readonly #registry: ModelRegistry;
  readonly #metrics: PrometheusStandIn;
  readonly #cluster: InProcessCluster;
  readonly #cache: Reflector<ModelDeployment>;
  readonly #stack = new AsyncDisposableStack();

  private constructor(options: RolloutSceneOptions) {
    const { client, mlflowUrl, operator } = options;
    const name = operator.namespace;
    this.#options = options;
    this.#registry = new ModelRegistry({ url: mlflowUrl });
    this.#metrics = this.#stack.use(new PrometheusStandIn());
    this.#cluster = new InProcessCluster({
      client,
      namespace: name,
      modelDeployment: name,
      model: name,
      logger,
      verify: (version) => ({ passed: true, digest: `sha256:${version}` }),
    });
    this.#cache = new Reflector<ModelDeployment>({
      client,
      path: modelDeploymentPath(name),
      clock: systemClock,
      logger,
      onChange: () => {},
    });
  }

  static async start(options: RolloutSceneOptions): Promise<RolloutScene> {
    const scene = new RolloutScene(options);
    await scene.#start();
    return scene;
  }

  /** Moves the alias to a new version. @returns the milliseconds until the version is the candidate */
  async move(): Promise<number> {
    const version = await this.#register();
    const moved = performance.now();
    await this.#promote(version);
    await this.#until('the operator acts', ({ candidate }) => candidate?.version === version);
    return performance.now() - moved;
  }

  /** Promotes a version that errs in its canary. @returns the milliseconds from the bad answer until no pod has it */
  async rollBack(): Promise<number> {
    const version = await this.#register();
    await this.#promote(version);
    const { pods } = this.#cluster;
    const weightOf = (pod: (typeof pods)[number]) =>
      pod.candidate?.version === version ? pod.candidate.weightPercent : 0;
    const everyPod = (what: string, weight: number) =>
      until(what, () => pods.every((pod) => weightOf(pod) === weight), WAIT_MILLISECONDS);
    await everyPod('the canary', CANARY_WEIGHT_PERCENT);
    this.#metrics.erring.add(version);
    await everyPod('weight 0', 0);
    const gone = performance.now();
    await this.#until('the refusal', ({ failed }) => failed?.version === version);
    return gone - this.#metrics.answeredErrorsAt;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #start(): Promise<void> {
    const { operator } = this.#options;
    const prometheus = await this.#metrics.start();
    await this.#cluster.start();
    this.#stack.defer(() => this.#cluster.stop());
    await this.#install(prometheus);
    this.#cache.start();
    this.#stack.defer(() => this.#cache.stop());
    const first = await this.#register();
    await this.#promote(first);
    this.#stack.use(await startBenchOperator(operator));
    await this.#until('the first version is stable', ({ phase, stable }) =>
      Boolean(phase === 'Stable' && stable),
    );
  }

  async #install(prometheus: string): Promise<void> {
    const { client, mlflowUrl, operator, pollSeconds } = this.#options;
    const name = operator.namespace;
    await client.create(modelDeploymentPath(name), {
      apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name },
      spec: {
        model: name,
        registry: { url: mlflowUrl, alias: 'champion', pollSeconds },
        target: { deployment: 'inference', container: 'inference' },
        // The step never has that many samples, so it holds until a measurement fails.
        canary: { steps: [{ weightPercent: CANARY_WEIGHT_PERCENT, minimumSamples: 1_000_000 }] },
        analysis: { prometheus, intervalSeconds: 1, failureLimit: 0 },
        soakSeconds: 0,
      },
    } as KubernetesObject);
  }

  #register(): Promise<string> {
    return registerVersion(this.#options.mlflowUrl, {
      name: this.#options.operator.namespace,
      files: new Map(),
    });
  }

  #promote(version: string): Promise<void> {
    return this.#registry.setAlias(this.#options.operator.namespace, 'champion', version);
  }

  #until(what: string, holds: (status: ModelDeploymentStatus) => boolean): Promise<void> {
    const { namespace } = this.#options.operator;
    return until(what, () => holds(this.#cache.get(namespace)?.status ?? {}), WAIT_MILLISECONDS);
  }
}
