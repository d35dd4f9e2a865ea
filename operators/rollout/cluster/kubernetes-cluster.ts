import { PIN_VARIABLES } from '../../../services/shared/agreements/environment-variables.ts';
import {
  MANAGED_BY_LABEL,
  OWNER_LABEL,
  ROLLOUT_MANAGER,
} from '../../../services/shared/agreements/kubernetes-names.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { type Change, Reflector } from '../../../services/shared/kubernetes/reflector.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { RolloutEvent } from '../decision/events.ts';
import type { Pin } from '../decision/rollout.ts';
import type { Cluster } from './cluster.ts';
import { EventRecorder } from './event-recorder.ts';
import { ModelDeployments } from './model-deployments.ts';
import type { Deployment, Job, Pod } from './objects.ts';
import { withoutOurFields } from './pin-owners.ts';
import { WakeTokens } from './wake-tokens.ts';

export interface KubernetesClusterOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the name of each ModelDeployment that a change affects. Must not block. */
  readonly onChange: (name: string) => void;
}

/** An admission webhook that hangs must not hold a rollout for its Events. A slower write goes on by itself. */
const EVENT_MILLISECONDS = 1_000;

/** One namespace of a cluster: informer caches and the writes. */
export class KubernetesCluster implements Cluster {
  readonly #options: KubernetesClusterOptions;
  readonly #events: EventRecorder;
  readonly #modelDeployments: ModelDeployments;
  readonly #deployments: Reflector<Deployment>;
  readonly #jobs: Reflector<Job>;
  readonly #wakeTokens: WakeTokens;

  constructor(options: KubernetesClusterOptions) {
    const { client, namespace, clock, logger, onChange } = options;
    this.#options = options;
    this.#events = new EventRecorder(client, clock);
    const reflect = <T extends KubernetesObject>(
      path: string,
      notify: (change: Change<T>) => void,
      labelSelector?: string,
    ) =>
      new Reflector<T>({
        client,
        path,
        clock,
        logger,
        onChange: notify,
        ...(labelSelector ? { labelSelector } : {}),
      });
    const common = { client, namespace, clock, logger };
    this.#modelDeployments = new ModelDeployments({
      ...common,
      onChange: ({ object }) => onChange(object.metadata.name),
    });
    this.#wakeTokens = new WakeTokens({ ...common, onWake: onChange });
    this.#deployments = reflect(this.#path('deployments'), ({ object }) => {
      for (const { metadata, spec } of this.#modelDeployments.list()) {
        if (spec.target.deployment === object.metadata.name) onChange(metadata.name);
      }
    });
    this.#jobs = reflect(
      this.#path('jobs'),
      ({ object }) => onChange(object.metadata.labels?.[OWNER_LABEL] ?? ''),
      `${MANAGED_BY_LABEL}=${ROLLOUT_MANAGER}`,
    );
  }

  /** Resolves once the caches are filled. */
  async start(): Promise<void> {
    for (const reflector of this.#reflectors) reflector.start();
    this.#wakeTokens.reflector.start();
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced));
  }

  async stop(): Promise<void> {
    const all = [...this.#reflectors, this.#wakeTokens.reflector];
    await Promise.all(all.map((reflector) => reflector.stop()));
  }

  /** Time since the API server last sent anything, for the cache with the longest silence. */
  get ageMilliseconds(): number {
    return Math.max(...this.#reflectors.map((reflector) => reflector.lastEventAgeMilliseconds));
  }

  modelDeployments(): readonly ModelDeployment[] {
    return this.#modelDeployments.list();
  }

  modelDeployment(name: string): ModelDeployment | undefined {
    return this.#modelDeployments.get(name);
  }

  deployment(name: string): Deployment | undefined {
    return this.#deployments.get(name);
  }

  jobs(owner: string): readonly Job[] {
    return this.#jobs.list().filter((job) => job.metadata.labels?.[OWNER_LABEL] === owner);
  }

  async pods(labelSelector: string): Promise<readonly Pod[]> {
    return (await this.#options.client.list<Pod>(this.#path('pods'), { labelSelector })).items;
  }

  async createJob(job: Job): Promise<void> {
    await this.#options.client.create(this.#path('jobs'), job).catch(ignore('AlreadyExists'));
  }

  async deleteJob(name: string): Promise<void> {
    await this.#options.client.delete(this.#path('jobs', name)).catch(ignore('NotFound'));
  }

  async pin(deployment: string, container: string, pin: Pin | undefined): Promise<Deployment> {
    return this.#applySpec(deployment, { template: pinnedTemplate(container, pin) });
  }

  async scale(deployment: string, container: string, pin: Pin | undefined, replicas: number): Promise<void> {
    await this.#applySpec(deployment, { replicas, template: pinnedTemplate(container, pin) });
  }

  #applySpec(name: string, spec: object): Promise<Deployment> {
    return this.#options.client.apply<Deployment>(
      this.#path('deployments', name),
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec },
      ROLLOUT_MANAGER,
    );
  }

  async releaseFields(deployment: Deployment): Promise<void> {
    const path = this.#path('deployments', deployment.metadata.name);
    await this.#options.client
      .merge(path, { metadata: withoutOurFields(deployment) })
      .catch(ignore('Conflict'));
  }

  async updateStatus(object: ModelDeployment, status: ModelDeploymentStatus): Promise<void> {
    await this.#modelDeployments.updateStatus(object, status);
  }

  async setFinalizers(object: ModelDeployment, finalizers: readonly string[]): Promise<void> {
    await this.#modelDeployments.setFinalizers(object, finalizers);
  }

  wakeToken(name: string): string | undefined {
    return this.#wakeTokens.get(name);
  }

  /** Names with a wake token. Some of them may be gone. */
  get wakeNames(): readonly string[] {
    return this.#wakeTokens.names;
  }

  wake(name: string, deliveryId: string): Promise<void> {
    return this.#wakeTokens.set(name, deliveryId);
  }

  forgetWake(name: string): Promise<void> {
    return this.#wakeTokens.remove(name);
  }

  async recordEvent(object: ModelDeployment, event: RolloutEvent): Promise<void> {
    const { clock, logger } = this.#options;
    const recorded = this.#events.record(object, event).catch((error: unknown) => {
      logger.warn({ error, event }, 'the Event was not written');
    });
    const ended = new AbortController();
    const waited = clock.sleep(EVENT_MILLISECONDS, ended.signal).catch(() => {});
    await Promise.race([recorded, waited]);
    ended.abort();
  }

  get #reflectors() {
    return [this.#modelDeployments.reflector, this.#deployments, this.#jobs];
  }

  #path(resource: 'deployments' | 'jobs' | 'pods', name?: string): string {
    const group = { deployments: '/apis/apps/v1', jobs: '/apis/batch/v1', pods: '/api/v1' }[resource];
    const collection = `${group}/namespaces/${this.#options.namespace}/${resource}`;
    return name === undefined ? collection : `${collection}/${name}`;
  }
}

function pinnedTemplate(container: string, pin: Pin | undefined) {
  const env = pin && [
    { name: PIN_VARIABLES.version, value: pin.version },
    { name: PIN_VARIABLES.digest, value: pin.digest },
  ];
  return { spec: { containers: [{ name: container, env }] } };
}

function ignore(reason: string) {
  return (error: unknown) => {
    if (!hasReason(error, reason)) throw error;
  };
}
