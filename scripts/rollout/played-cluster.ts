import { randomBytes } from 'node:crypto';
import type { Deployment, Pod, PodTemplate } from '../../operators/rollout/cluster/objects.ts';
import { TEMPLATE_HASH_LABEL } from '../../operators/rollout/cluster/own-pods.ts';
import { HTTP_PATHS } from '../../services/shared/agreements/http-paths.ts';
import { systemClock } from '../../services/shared/clock.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { freePort } from '../stack/free-port.ts';
import { deploymentStep, hasEnded, templateHash } from './deployment-step.ts';
import { jobStep, type PlayedJob } from './job-step.ts';
import type { ScrapeTarget } from './metrics-source.ts';
import { PodProcess } from './pod-process.ts';

export interface PlayedClusterOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** Directory for the logs of the pods. */
  readonly directory: string;
}

const NODE = 'this-machine';
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
const POLL_MILLISECONDS = 200;
/** As in the manifests. */
const GRACE_MILLISECONDS = 45_000;
const RESOURCES = { deployments: '/apis/apps/v1', jobs: '/apis/batch/v1', pods: '/api/v1' } as const;

type Owner = Pick<Deployment, 'kind' | 'metadata'>;

/**
 * Plays the controllers and the kubelet for one namespace of an API server that has neither. Each pod is a process of
 * this machine. Volumes, Services and Secrets are not played.
 */
export class PlayedCluster implements AsyncDisposable {
  readonly #options: PlayedClusterOptions;
  readonly #processes = new Map<string, PodProcess>();
  readonly #written = new Map<string, string>();
  #pods: readonly Pod[] = [];
  #failure: Error | undefined;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: PlayedClusterOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** The pods that give metrics. */
  get scrapeTargets(): readonly ScrapeTarget[] {
    return this.#pods.flatMap(({ metadata }) => {
      const process = this.#processes.get(metadata.uid ?? '');
      if (process?.url === undefined || !process.running) return [];
      const labels = { namespace: this.#options.namespace, pod: metadata.name };
      return [{ url: `${process.url}${HTTP_PATHS.metrics}`, labels }];
    });
  }

  /** The addresses of the pods that run. */
  get urls(): readonly string[] {
    return [...this.#processes.values()].flatMap((pod) => (pod.running ? (pod.url ?? []) : []));
  }

  /** The process of the pod. Undefined if the pod runs nothing. */
  pidOf(name: string): number | undefined {
    const pod = this.#pods.find(({ metadata }) => metadata.name === name);
    return this.#processes.get(pod?.metadata.uid ?? '')?.pid;
  }

  /** The last error of a look, for a message when something does not happen. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Ends the processes. The objects stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await Promise.all([...this.#processes.values()].map((pod) => pod.stop(GRACE_MILLISECONDS)));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        // Another client may have been faster. The next look sees what it wrote.
        this.#failure = error as Error;
      }
      await systemClock.sleep(POLL_MILLISECONDS, signal).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const [deployments, jobs, pods] = await Promise.all([
      this.#list<Deployment>('deployments'),
      this.#list<PlayedJob>('jobs'),
      this.#list<Pod>('pods'),
    ]);
    this.#pods = pods;
    const now = Date.now();
    for (const deployment of deployments) await this.#deployment(deployment, ownedBy(deployment, pods), now);
    for (const job of jobs) await this.#job(job, ownedBy(job, pods), now);
    // No garbage collector removes the pods of a Job that is gone.
    const owners = new Set([...deployments, ...jobs].map(({ metadata }) => metadata.uid));
    for (const pod of pods) if (!owners.has(ownerOf(pod))) await this.#remove(pod);
    await Promise.all(pods.map((pod) => this.#pod(pod)));
    await this.#forget(pods);
  }

  async #deployment(deployment: Deployment, pods: readonly Pod[], now: number): Promise<void> {
    const { create, remove, status } = deploymentStep(deployment, pods, now);
    const { template } = deployment.spec;
    const hash = templateHash(template);
    for (let count = 0; count < create; count++) {
      const set = `${deployment.metadata.name}-${hash}`;
      await this.#create(deployment, `${set}-${suffix()}`, template, { [TEMPLATE_HASH_LABEL]: hash }, set);
    }
    for (const pod of remove) await this.#remove(pod);
    await this.#write('deployments', deployment, status);
  }

  async #job(job: PlayedJob, pods: readonly Pod[], now: number): Promise<void> {
    const { create, remove, status } = jobStep(job, pods, now);
    const template = job.spec?.template;
    const { name } = job.metadata;
    if (create && template)
      await this.#create(job, `${name}-${suffix()}`, template, { [JOB_NAME_LABEL]: name });
    for (const pod of remove) await this.#remove(pod);
    if (status !== undefined) await this.#write('jobs', job, status);
  }

  async #create(
    owner: Owner,
    name: string,
    { metadata, spec }: PodTemplate,
    labels: Readonly<Record<string, string>>,
    replicaSet?: string,
  ): Promise<void> {
    // Every pod has the address of this machine, so that each needs a port of its own.
    const port = await freePort();
    const containers = spec.containers.map((container) => ({
      ...container,
      ...(container.ports ? { ports: [{ ...container.ports[0], containerPort: port }] } : {}),
    }));
    const { uid = '' } = owner.metadata;
    const controller = replicaSet
      ? { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, uid, controller: true }
      : { apiVersion: 'batch/v1', kind: 'Job', name: owner.metadata.name, uid, controller: true };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        labels: { ...metadata?.labels, ...labels },
        annotations: metadata?.annotations ?? {},
        ownerReferences: [controller],
      },
      // A pod that no node has is deleted without its grace period.
      spec: { ...spec, containers, nodeName: NODE },
    };
    await this.#options.client.create(this.#path('pods'), pod as unknown as Pod);
  }

  async #remove(pod: Pod): Promise<void> {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    await this.#options.client.delete(this.#path('pods', pod.metadata.name)).catch(unlessGone);
  }

  async #pod(pod: Pod): Promise<void> {
    const { uid = '', name, deletionTimestamp } = pod.metadata;
    const process = this.#processes.get(uid);
    if (deletionTimestamp !== undefined) {
      if (process?.running) void process.stop(GRACE_MILLISECONDS);
      else
        await this.#options.client
          .delete(this.#path('pods', name), undefined, undefined, 0)
          .catch(unlessGone);
      return;
    }
    if (hasEnded(pod.status?.phase)) return;
    const runs = process ?? new PodProcess({ pod, directory: this.#options.directory });
    this.#processes.set(uid, runs);
    await this.#write('pods', pod, await runs.look());
  }

  /** Ends the processes whose pods are gone, for example because somebody deleted them by force. */
  async #forget(pods: readonly Pod[]): Promise<void> {
    const known = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const [uid, process] of this.#processes) {
      if (known.has(uid)) continue;
      if (process.running) void process.stop(GRACE_MILLISECONDS);
      else this.#processes.delete(uid);
    }
  }

  async #write(resource: keyof typeof RESOURCES, object: KubernetesObject, status: object): Promise<void> {
    const { uid = '', name } = object.metadata;
    const text = JSON.stringify(status);
    if (this.#written.get(uid) === text) return;
    await this.#options.client.merge(`${this.#path(resource, name)}/status`, { status });
    this.#written.set(uid, text);
  }

  async #list<T extends KubernetesObject>(resource: keyof typeof RESOURCES): Promise<readonly T[]> {
    return (await this.#options.client.list<T>(this.#path(resource))).items;
  }

  #path(resource: keyof typeof RESOURCES, name?: string): string {
    const collection = `${RESOURCES[resource]}/namespaces/${this.#options.namespace}/${resource}`;
    return name === undefined ? collection : `${collection}/${name}`;
  }
}

function ownedBy({ metadata }: KubernetesObject, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter((pod) => ownerOf(pod) === metadata.uid);
}

function ownerOf({ metadata }: Pod): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
}

function suffix(): string {
  return randomBytes(5).toString('hex').slice(0, 5);
}

function unlessGone(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
