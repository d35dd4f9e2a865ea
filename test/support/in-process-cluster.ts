import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Deployment, Job } from '../../operators/rollout/cluster/objects.ts';
import { CandidateWatch } from '../../services/inference/decision/route/candidate-watch.ts';
import type { Candidate } from '../../services/inference/decision/route/model-router.ts';
import { OWNER_LABEL } from '../../services/shared/agreements/kubernetes-names.ts';
import { systemClock } from '../../services/shared/clock.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import type { Logger } from '../../services/shared/logging.ts';

export interface InProcessClusterOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly modelDeployment: string;
  readonly model: string;
  readonly logger: Logger;
  /** Result of the verification of a version. A version that passes has a digest. */
  readonly verify: (version: string) => { readonly passed: boolean; readonly digest: string };
}

const REPLICAS = 2;
const HASH = '7d4b9c6f58';
const REPLICA_SET = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: `inference-${HASH}`,
  uid: 'played',
  controller: true,
};

/** The part of a pod that the operator sees: an HTTP server, and the real watch of the candidate. */
class PlayedPod {
  pinned: string | undefined;
  candidate: Candidate | undefined;
  readonly candidates: (Candidate | undefined)[] = [];
  readonly #options: InProcessClusterOptions;
  readonly #server: Server;
  #watch: CandidateWatch | undefined;

  constructor(options: InProcessClusterOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      const [, model, version] =
        /^\/v2\/models\/([^/]+)\/versions\/([^/]+)\/ready$/.exec(request.url ?? '') ?? [];
      const known =
        model === options.model && (version === this.pinned || version === this.candidate?.version);
      response.writeHead(known ? 200 : 404).end();
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Starts as a new process that is pinned to this version. */
  async start(version: string | undefined): Promise<void> {
    await this.#watch?.stop();
    this.pinned = version;
    this.candidate = undefined;
    const { client, namespace, modelDeployment: name, logger } = this.#options;
    const router = {
      setCandidate: (candidate: Candidate | undefined) => {
        this.candidate = candidate;
        this.candidates.push(candidate);
      },
    };
    this.#watch = new CandidateWatch({
      client,
      namespace,
      name,
      stableVersion: version,
      router,
      clock: systemClock,
      logger,
    });
    this.#watch.start();
  }

  async stop(): Promise<void> {
    await this.#watch?.stop();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/**
 * Plays controller manager and kubelet for one Deployment, because the API server has neither. Its pods are HTTP servers of
 * this process, so that a test sees which candidates they get. `scripts/rollout/played-cluster.ts` runs real pods.
 */
export class InProcessCluster {
  readonly pods: PlayedPod[];
  readonly #options: InProcessClusterOptions;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: InProcessClusterOptions) {
    this.#options = options;
    this.pods = Array.from({ length: REPLICAS }, () => new PlayedPod(options));
  }

  async start(): Promise<void> {
    const { client, namespace } = this.#options;
    await client.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    const labels = { app: 'inference' };
    const container = { name: 'inference', image: 'inference:1' };
    await client.create(this.#path('/apis/apps/v1', 'deployments'), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'inference', namespace },
      spec: {
        replicas: REPLICAS,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    } as KubernetesObject);
    for (const [index, pod] of this.pods.entries()) {
      const containerPort = await pod.listen();
      const name = `inference-${index}`;
      const ports = [{ name: 'http', containerPort }];
      await this.#pod(
        { name, labels: { ...labels, 'pod-template-hash': HASH }, ownerReferences: [REPLICA_SET] },
        { containers: [{ ...container, ports }] },
        { phase: 'Running', podIP: '127.0.0.1' },
      );
      await pod.start(undefined);
    }
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    for (const pod of this.pods) await pod.stop();
  }

  async deployment(): Promise<Deployment> {
    return this.#options.client.get<Deployment>(`${this.#path('/apis/apps/v1', 'deployments')}/inference`);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#rollOut(await this.deployment());
        const { items } = await this.#options.client.list<Job>(this.#path('/apis/batch/v1', 'jobs'));
        for (const job of items) if (!job.status?.conditions) await this.#finish(job);
      } catch (error) {
        // A test may have stopped the API server, or another writer was faster.
        this.#options.logger.debug({ error }, 'played again');
      }
      await systemClock.sleep(50);
    }
  }

  async #rollOut(deployment: Deployment): Promise<void> {
    const { generation, resourceVersion } = deployment.metadata;
    if (deployment.status?.observedGeneration === generation) return;
    const env = deployment.spec.template.spec.containers[0]?.env;
    const version = env?.find(({ name }) => name === 'MODEL_VERSION')?.value;
    for (const pod of this.pods) if (pod.pinned !== version) await pod.start(version);
    // A pod without a pin waits and is not ready.
    const replicas = Math.min(REPLICAS, deployment.spec.replicas ?? REPLICAS);
    const ready = version === undefined ? 0 : replicas;
    const count = {
      replicas,
      updatedReplicas: replicas,
      availableReplicas: ready,
      readyReplicas: ready,
    };
    await this.#options.client.merge(`${this.#path('/apis/apps/v1', 'deployments')}/inference/status`, {
      metadata: { resourceVersion },
      status: { observedGeneration: generation, ...count },
    });
  }

  async #finish(job: Job): Promise<void> {
    const { name, uid = '', annotations } = job.metadata;
    const version = annotations?.['serving.loan-eligibility.dev/version'] ?? '';
    const { passed, digest } = this.#options.verify(version);
    const message = JSON.stringify({
      passed,
      digest,
      runId: 'run',
      reason: 'GoldenSampleMismatch',
      message: 'as played',
    });
    const now = new Date().toISOString();
    const terminated = { exitCode: passed ? 0 : 1, message, startedAt: now, finishedAt: now };
    const status = {
      phase: passed ? 'Succeeded' : 'Failed',
      containerStatuses: [
        {
          name: 'verify',
          image: 'inference:1',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { terminated },
        },
      ],
    };
    const labels = { 'batch.kubernetes.io/job-name': name, [OWNER_LABEL]: 'played' };
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true }];
    await this.#pod(
      { name: `${name}-pod`, labels, ownerReferences },
      { containers: [{ name: 'verify', image: 'inference:1' }] },
      status,
    );
    const condition = (type: string) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
      lastProbeTime: now,
      reason: 'Played',
    });
    const conditions = passed
      ? [condition('SuccessCriteriaMet'), condition('Complete')]
      : [condition('FailureTarget'), condition('Failed')];
    await this.#options.client.merge(`${this.#path('/apis/batch/v1', 'jobs')}/${name}/status`, {
      status: {
        startTime: now,
        ...(passed ? { completionTime: now, succeeded: 1 } : { failed: 1 }),
        conditions,
      },
    });
  }

  async #pod(metadata: KubernetesObject['metadata'], spec: object, status: object): Promise<void> {
    const path = this.#path('/api/v1', 'pods');
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
    await this.#options.client.create(path, pod as KubernetesObject);
    await this.#options.client.merge(`${path}/${metadata.name}/status`, { status });
  }

  #path(group: string, resource: string): string {
    return `${group}/namespaces/${this.#options.namespace}/${resource}`;
  }
}
