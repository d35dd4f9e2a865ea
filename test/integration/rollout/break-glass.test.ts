import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { parseRolloutConfig } from '../../../operators/rollout/config.ts';
import { Operator } from '../../../operators/rollout/operator.ts';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { type Inference, startInference } from '../../../scripts/stack/inference.ts';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../../scripts/stack/serve-model-deployments.ts';
import { WAKE_CONFIG_MAP } from '../../../services/shared/agreements/kubernetes-names.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { createMetricsRegistry } from '../../../services/shared/metrics.ts';
import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import { AuditMemory } from '../../support/audit-memory.ts';
import { digestOf, EXAMPLE_INPUT, loanArtifact } from '../../support/model/loan-model.ts';
import { registerVersion } from '../../support/register-version.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';
import { TcpGate } from '../../support/tcp-gate.ts';
import { until } from '../../support/until.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
const BAR_SECONDS = 30;
/** Applications of so many applicants are sent to each pod again and again. */
const APPLICANTS = Array.from({ length: 40 }, (_, index) => `applicant-${index}`);
const LEASE_TIMES = { durationMilliseconds: 4_000, renewDeadlineMilliseconds: 3_000, retryMilliseconds: 500 };

let api: KubeApiServer;
let client: KubernetesClient;
let mlflowUrl: string;
let directory: string;
const started: AsyncDisposable[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'break-glass-'));
  api = await startKubeApiServer();
  mlflowUrl = await sharedMlflow();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  await serveModelDeployments(client);
}, 180_000);

afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part[Symbol.asyncDispose]();
}, 60_000);

afterAll(async () => {
  await client?.close();
  await api?.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

/** A server that accepts connections and never answers. */
async function startSilent(port: number): Promise<void> {
  const sockets: { destroy(): void }[] = [];
  const server: Server = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(
    port,
    '127.0.0.1',
  );
  await once(server, 'listening');
  started.push({
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function startOperator(namespace: string): Promise<Operator> {
  const config = parseRolloutConfig({
    POD_NAMESPACE: namespace,
    POD_NAME: 'rollout-0',
    HTTP_PORT: '0',
    REGISTRY_HOSTS: '127.0.0.1',
    PROMETHEUS_HOSTS: '127.0.0.1',
  });
  const operator = new Operator({
    auditLog: new AuditMemory(),
    config,
    client,
    clock: systemClock,
    logger,
    metricsRegistry: createMetricsRegistry(),
    leaseTimes: LEASE_TIMES,
  });
  operator.run().catch(() => {});
  started.push({ [Symbol.asyncDispose]: () => operator.stop() });
  return operator;
}

interface Served {
  readonly version: string;
  readonly digest: string;
}

/** Two versions in MLflow, and a ModelDeployment that has served both. The second is stable, and the alias names it. */
async function setScene(name: string, url: string): Promise<readonly [Served, Served]> {
  const versions: Served[] = [];
  for (const intercept of [-2, -1]) {
    const files = loanArtifact({ intercept });
    const digest = digestOf(files);
    versions.push({ version: await registerVersion(mlflowUrl, { name, files, tags: { digest } }), digest });
  }
  const [first, second] = versions as [Served, Served];
  await new ModelRegistry({ url: mlflowUrl }).setAlias(name, 'champion', second.version);
  await client.create('/api/v1/namespaces', { metadata: { name } });
  await client.create(`/api/v1/namespaces/${name}/configmaps`, { metadata: { name: WAKE_CONFIG_MAP } });
  const labels = { app: 'inference' };
  const env = [
    { name: 'MODEL_VERSION', value: second.version },
    { name: 'MODEL_DIGEST', value: second.digest },
  ];
  const deployments = `/apis/apps/v1/namespaces/${name}/deployments`;
  const { metadata } = await client.create<KubernetesObject>(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'inference' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'inference', image: 'inference:1', env }] },
      },
    },
  } as KubernetesObject);
  const count = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
  await client.merge(`${deployments}/inference/status`, {
    status: { observedGeneration: metadata.generation, ...count },
  });
  await client.create(modelDeploymentPath(name), {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name },
    spec: {
      model: name,
      registry: { url, alias: 'champion', pollSeconds: 1 },
      target: { deployment: 'inference', container: 'inference' },
    },
  } as KubernetesObject);
  const [from, to] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
  await client.merge(`${modelDeploymentPath(name, name)}/status`, {
    status: {
      phase: 'Stable',
      stable: { ...second, runId: 'run', registry: url, since: to, soakedAt: to },
      history: [{ ...first, runId: 'run', registry: url, since: from, until: to, outcome: 'Served' }],
    },
  });
  return [first, second];
}

/** A process with a disk of its own, as a pod has. */
async function startPod(name: string, url: string, pin: Served, pod: string): Promise<Inference> {
  const folder = join(directory, name, pod);
  const inference = await startInference({
    directory: folder,
    mlflowUrl: url,
    kinesisUrl: '',
    streams: { input: '', output: '', rejects: '' },
    environment: {
      KUBECONFIG: api.kubeConfigFile,
      MODEL_NAME: name,
      MODEL_DEPLOYMENT: name,
      MODEL_VERSION: pin.version,
      MODEL_DIGEST: pin.digest,
      MODEL_CACHE_DIRECTORY: join(folder, 'models'),
      POD_NAMESPACE: name,
    },
  });
  started.push(inference);
  return inference;
}

/** The versions that decide the applications of all applicants. @throws Error if an application gets no decision */
async function deciders(pod: Inference): Promise<ReadonlySet<string>> {
  const versions = await Promise.all(
    APPLICANTS.map(async (applicant) => {
      const body = JSON.stringify({ input: EXAMPLE_INPUT, request_id: applicant });
      const headers = { 'Content-Type': 'application/json' };
      const response = await fetch(`${pod.url}/predict`, { method: 'POST', headers, body });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return ((await response.json()) as { model_version: string }).model_version;
    }),
  );
  return new Set(versions);
}

async function decidesAlone(pod: Inference, version: string): Promise<boolean> {
  const found = await deciders(pod);
  return found.size === 1 && found.has(version);
}

async function hasRollbackFiles(pod: Inference, version: string): Promise<boolean> {
  const text = await (await fetch(`${pod.url}/metrics`)).text();
  return text.includes(`inference_rollback_files{model_version="${version}"} 1`);
}

test.each(['refuses connections', 'never answers'] as const)(
  'with alias and registry gone the former version decides all keys within 30 s: MLflow %s',
  async (outage) => {
    const name = outage === 'never answers' ? 'glass-silent' : 'glass-refused';
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const gate = new TcpGate(port, mlflowUrl);
    await gate.open();
    started.push(gate);
    const [first, second] = await setScene(name, url);
    const operator = await startOperator(name);
    const pods = [await startPod(name, url, second, 'a'), await startPod(name, url, second, 'b')];
    for (const pod of pods) {
      await pod.ready(60_000);
      await until('the files for a rollback', () => hasRollbackFiles(pod, first.version));
      expect(await deciders(pod)).toEqual(new Set([second.version]));
    }

    // The alias, MLflow and the leader go.
    await operator.stop();
    await gate.close();
    if (outage === 'never answers') await startSilent(port);
    await startOperator(name);
    const order =
      outage === 'never answers'
        ? { metadata: { annotations: { [REQUEST_ANNOTATIONS.rollback]: 'previous' } } }
        : { spec: { pin: { ...first, reason: 'a drill' } } };
    const from = performance.now();
    await client.merge(modelDeploymentPath(name, name), order);
    for (const pod of pods) {
      await until('the former version decides', () => decidesAlone(pod, first.version), BAR_SECONDS * 1000);
    }
    const seconds = (performance.now() - from) / 1000;
    expect(seconds).toBeLessThan(BAR_SECONDS);
    const { status } = await client.get<ModelDeployment>(modelDeploymentPath(name, name));
    expect(status).toMatchObject({
      phase: 'RolledBack',
      stable: first,
      failed: { ...second, reason: 'BreakGlass' },
    });

    // A container that is started again finds its files on the disk of its pod, and no key goes back.
    const [crashed] = pods as [Inference];
    process.kill(crashed.process.pid, 'SIGKILL');
    await crashed.process.exit();
    const again = await startPod(name, url, second, 'a');
    await again.ready(20_000);
    await until('the former version decides', () => decidesAlone(again, first.version), 20_000);
  },
  150_000,
);
