import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseRolloutConfig } from '../../../operators/rollout/config.ts';
import { Operator } from '../../../operators/rollout/operator.ts';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../../scripts/stack/serve-model-deployments.ts';
import { WAKE_CONFIG_MAP } from '../../../services/shared/agreements/kubernetes-names.ts';
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
import { InProcessCluster } from '../../support/in-process-cluster.ts';
import { PrometheusStandIn } from '../../support/prometheus-stand-in.ts';
import { registerVersion } from '../../support/register-version.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';
import { until } from '../../support/until.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
const SECRET = 'a-secret-of-some-length';
// Shorter than in production, so that a test does not wait long for a lost leader.
const LEASE_TIMES = {
  durationMilliseconds: 4_000,
  renewDeadlineMilliseconds: 3_000,
  retryMilliseconds: 500,
};

let api: KubeApiServer;
let mlflowUrl: string;
let client: KubernetesClient;
let registry: ModelRegistry;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  api = await startKubeApiServer();
  mlflowUrl = await sharedMlflow();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  registry = new ModelRegistry({ url: mlflowUrl });
  await serveModelDeployments(client);
}, 180_000);

afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part.stop();
}, 60_000);

afterAll(async () => {
  await client?.close();
  await api?.stop();
}, 60_000);

interface Scene {
  readonly cluster: InProcessCluster;
  readonly metrics: PrometheusStandIn;
  /** Name of the model, the namespace and the ModelDeployment. */
  readonly name: string;
  readonly status: () => Promise<NonNullable<ModelDeployment['status']>>;
  /** Registers a version. */
  readonly version: () => Promise<string>;
  readonly promote: (version: string) => Promise<void>;
  readonly settles: (
    what: string,
    holds: (status: NonNullable<ModelDeployment['status']>) => boolean,
  ) => Promise<void>;
}

/** A namespace with a played Deployment, a model and its ModelDeployment. */
async function setScene(name: string, registrySpec: object = {}): Promise<Scene> {
  const metrics = new PrometheusStandIn();
  const prometheus = await metrics.start();
  started.push({ stop: () => metrics[Symbol.asyncDispose]() });
  const cluster = new InProcessCluster({
    client,
    namespace: name,
    modelDeployment: name,
    model: name,
    logger,
    verify: (version) => ({ passed: version !== '9', digest: `sha256:${version.repeat(4)}` }),
  });
  await cluster.start();
  started.push(cluster);
  await client.create(`/api/v1/namespaces/${name}/configmaps`, { metadata: { name: WAKE_CONFIG_MAP } });
  await client.create(modelDeploymentPath(name), {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name },
    spec: {
      model: name,
      registry: { url: mlflowUrl, alias: 'champion', pollSeconds: 1, ...registrySpec },
      target: { deployment: 'inference', container: 'inference' },
      shadow: { minimumSamples: 50 },
      canary: {
        steps: [
          { weightPercent: 10, minimumSamples: 20 },
          { weightPercent: 50, minimumSamples: 20 },
        ],
      },
      analysis: { prometheus, intervalSeconds: 1 },
      soakSeconds: 1,
    },
  } as KubernetesObject);
  const status = async () =>
    (await client.get<ModelDeployment>(modelDeploymentPath(name, name))).status ?? {};
  return {
    cluster,
    metrics,
    name,
    status,
    version: () => registerVersion(mlflowUrl, { name, files: new Map() }),
    promote: (version) => registry.setAlias(name, 'champion', version),
    settles: async (what, holds) => {
      let last = {};
      await until(
        what,
        async () => {
          last = await status().catch(() => ({}));
          return holds(last);
        },
        60_000,
      ).catch((error: Error) => {
        throw new Error(`${error.message}; ${JSON.stringify(last)}`);
      });
    },
  };
}

async function startOperator(
  namespace: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Operator & { readonly failure: Promise<unknown> }> {
  const config = parseRolloutConfig({
    POD_NAMESPACE: namespace,
    POD_NAME: 'rollout-0',
    HTTP_PORT: '0',
    REGISTRY_HOSTS: '127.0.0.1',
    PROMETHEUS_HOSTS: '127.0.0.1',
    ...environment,
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
  started.push(operator);
  const failure = operator.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  return Object.assign(operator, { failure });
}

/** Starts a replica again whenever it ends, like the kubelet. */
async function keepOperator(namespace: string): Promise<void> {
  let stopping = false;
  const keep = async () => {
    while (!stopping) {
      const operator = await startOperator(namespace);
      await operator.failure;
      await operator.stop();
    }
  };
  void keep();
  started.push({
    stop: async () => {
      stopping = true;
    },
  });
}

/** Promotes a first version and waits until it is stable. */
async function withStable(scene: Scene): Promise<string> {
  const version = await scene.version();
  await scene.promote(version);
  await scene.settles(
    'the first version is stable',
    ({ phase, stable }) => phase === 'Stable' && stable?.version === version,
  );
  return version;
}

/** The environment of an operator that MLflow's webhooks reach. */
function receiving(port: number): Record<string, string> {
  return {
    HTTP_PORT: String(port),
    WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/mlflow`,
    WEBHOOK_SECRET: SECRET,
  };
}

/** The rows in MLflow's webhook table that belong to the operator of the namespace. */
async function webhookRows(namespace: string): Promise<unknown[]> {
  const response = await fetch(`${mlflowUrl}/api/2.0/mlflow/webhooks`);
  const of = /^rollout\.[0-9a-f]{12}\.(?<namespace>[^.]+)\.[0-9a-f]{12}$/;
  const { webhooks = [] } = (await response.json()) as { webhooks?: { name: string }[] };
  return webhooks.filter(({ name }) => of.exec(name)?.groups?.namespace === namespace);
}

async function variables(scene: Scene): Promise<Record<string, string | undefined>> {
  const deployment = await scene.cluster.deployment();
  const env = deployment.spec.template.spec.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

describe('on a real API server and a real MLflow', () => {
  test('a version goes from the alias to the Deployment, and MLflow and Events show its way', async () => {
    const scene = await setScene('journey');
    await startOperator(scene.name);
    const first = await withStable(scene);
    const second = await scene.version();
    await scene.promote(second);
    await scene.settles(
      'the second version is stable',
      ({ phase, stable }) => phase === 'Stable' && stable?.version === second,
    );

    expect(await variables(scene)).toEqual({
      MODEL_VERSION: second,
      MODEL_DIGEST: `sha256:${second.repeat(4)}`,
    });
    expect((await scene.status()).history).toMatchObject([{ version: first, outcome: 'Served' }]);
    for (const pod of scene.cluster.pods) expect(pod.candidate).toBeUndefined();
    // The weights that a pod with the first version saw.
    const weights = scene.cluster.pods[0]?.candidates.map(
      (candidate) => `${candidate?.mode} ${candidate?.weightPercent}`,
    );
    expect(weights).toEqual(['shadow 0', 'canary 0', 'canary 10', 'canary 50', 'canary 100']);

    const { managedFields } = (await scene.cluster.deployment()).metadata as unknown as {
      managedFields: { manager: string; fieldsV1: unknown }[];
    };
    const ours = managedFields.find(({ manager }) => manager === 'loan-eligibility-rollout');
    expect(JSON.stringify(ours?.fieldsV1)).not.toMatch(/f:image|f:replicas|f:labels/);

    const tag = async (version: string) =>
      (await registry.getVersion(scene.name, version)).tags[`rollout.${scene.name}.${scene.name}.status`];
    await until('the tags', async () => (await tag(second)) === 'Stable' && (await tag(first)) === 'Retired');

    const { items } = await client.list<KubernetesObject & { reason: string }>(
      `/api/v1/namespaces/${scene.name}/events`,
    );
    const reasons = items.map(({ reason }) => reason);
    for (const reason of ['Verifying', 'Shadowing', 'WeightRaised', 'Promoted', 'Stable'])
      expect(reasons).toContain(reason);
  }, 120_000);

  test('a version that verification refuses never reaches a pod', async () => {
    const scene = await setScene('refused');
    await startOperator(scene.name);
    const first = await withStable(scene);
    let bad = '';
    while (bad !== '9') bad = await scene.version();
    await scene.promote(bad);
    await scene.settles('the version is refused', ({ failed }) => failed?.version === bad);
    expect(await scene.status()).toMatchObject({
      phase: 'RolledBack',
      stable: { version: first },
      failed: { reason: 'GoldenSampleMismatch', message: 'as played' },
    });
    for (const pod of scene.cluster.pods) expect(pod.candidates).toEqual([]);
    expect((await variables(scene)).MODEL_VERSION).toBe(first);
  }, 120_000);

  test('a canary that errs is removed from every pod at once', async () => {
    const scene = await setScene('bad-canary');
    await startOperator(scene.name);
    const first = await withStable(scene);
    const second = await scene.version();
    scene.metrics.erring.add(second);
    await scene.promote(second);
    await scene.settles('the version is refused', ({ failed }) => failed?.reason === 'CanaryFailed');
    const failedAt = Date.parse((await scene.status()).failed?.at ?? '');
    await until('no candidate in any pod', () =>
      scene.cluster.pods.every((pod) => pod.candidate === undefined),
    );
    expect(Date.now() - failedAt).toBeLessThan(10_000);
    expect(await scene.status()).toMatchObject({ phase: 'RolledBack', stable: { version: first } });
  }, 120_000);

  test('without a webhook, the operator follows the alias within the poll interval', async () => {
    const scene = await setScene('poll', { pollSeconds: 2 });
    await startOperator(scene.name);
    await withStable(scene);
    const second = await scene.version();
    const moved = performance.now();
    await scene.promote(second);
    await scene.settles('the operator acts', ({ candidate }) => candidate?.version === second);
    expect(performance.now() - moved).toBeLessThan(12_000);
  }, 120_000);

  test('a webhook makes the operator act at once, and its row is removed with the ModelDeployment', async () => {
    const scene = await setScene('webhook', { pollSeconds: 3600 });
    const port = await freePort();
    const rows = () => webhookRows(scene.name);
    await startOperator(scene.name, receiving(port));
    await until('the row', async () => (await rows()).length === 1);
    const first = await scene.version();
    // Each MLflow worker reads its webhook table once a second.
    await systemClock.sleep(1_100);
    const moved = performance.now();
    await scene.promote(first);
    await scene.settles(
      'the operator acts',
      ({ phase }) => phase === 'Verifying' || phase === 'Promoting' || phase === 'Soaking',
    );
    // This is far below the poll interval. The benchmark measures the bar of one second.
    expect(performance.now() - moved).toBeLessThan(30_000);
    await client.delete(modelDeploymentPath(scene.name, scene.name));
    await expect(client.get(modelDeploymentPath(scene.name, scene.name))).rejects.toThrow(/not found/);
    await until('the row is gone', async () => (await rows()).length === 0);
  }, 120_000);

  test('a deletion waits for no operator, and the next leader removes the remaining row', async () => {
    const scene = await setScene('forsaken');
    const rows = () => webhookRows(scene.name);
    const environment = receiving(await freePort());
    const operator = await startOperator(scene.name, environment);
    await until('the row', async () => (await rows()).length === 1);
    await operator.stop();
    await client.delete(modelDeploymentPath(scene.name, scene.name));
    await expect(client.get(modelDeploymentPath(scene.name, scene.name))).rejects.toThrow(/not found/);
    expect(await rows()).toHaveLength(1);
    await startOperator(scene.name, { ...environment, MLFLOW_TRACKING_URI: mlflowUrl });
    await until('the row is gone', async () => (await rows()).length === 0);
  }, 120_000);

  test('a server that the settings do not list gets nothing, neither a call nor the signing secret', async () => {
    const requests: string[] = [];
    const foreign = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      response.end('{}');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    started.push({ stop: async () => void foreign.close().closeAllConnections() });
    const { port } = foreign.address() as AddressInfo;
    const scene = await setScene('foreign', { url: `http://127.0.0.1:${port}` });
    await startOperator(scene.name, {
      ...receiving(await freePort()),
      REGISTRY_HOSTS: '',
      MLFLOW_TRACKING_URI: mlflowUrl,
    });
    await scene.settles('the condition', ({ conditions = [] }) =>
      conditions.some(
        ({ reason, message }) =>
          reason === 'RegistryNotAllowed' &&
          message.includes(`127.0.0.1:${port}`) &&
          message.includes('REGISTRY_HOSTS'),
      ),
    );
    await client.merge(modelDeploymentPath(scene.name, scene.name), {
      spec: { registry: { url: mlflowUrl } },
    });
    await until('the row', async () => (await webhookRows(scene.name)).length === 1);
    expect(requests).toEqual([]);
  }, 120_000);

  test('an MLflow that wants a token is followed once the Secret is there', async () => {
    const authorizations = new Set<string | undefined>();
    const gateway = createServer(async (request, response) => {
      authorizations.add(request.headers.authorization);
      if (request.headers.authorization !== 'Bearer t0ken') {
        response.writeHead(401).end('t0ken is wanted');
        return;
      }
      const answer = await fetch(`${mlflowUrl}${request.url}`);
      response.writeHead(answer.status).end(await answer.text());
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    started.push({ stop: async () => void gateway.close().closeAllConnections() });
    const { port } = gateway.address() as AddressInfo;
    const scene = await setScene('token', {
      url: `http://127.0.0.1:${port}`,
      credentials: { type: 'bearer', secret: 'mlflow-credentials' },
    });
    await startOperator(scene.name);
    const version = await scene.version();
    await scene.promote(version);
    await scene.settles('the condition', ({ conditions = [] }) =>
      conditions.some(({ type, reason }) => type === 'RegistryReachable' && reason === 'CredentialsMissing'),
    );
    expect(authorizations.size).toBe(0);
    const data = { token: Buffer.from('t0ken').toString('base64') };
    await client.create<KubernetesObject>(`/api/v1/namespaces/${scene.name}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'mlflow-credentials' },
      data,
    } as KubernetesObject);
    await scene.settles('the first version is stable', ({ stable }) => stable?.version === version);
    expect([...authorizations]).toEqual(['Bearer t0ken']);
    expect(JSON.stringify(await scene.status())).not.toContain('t0ken');
  }, 120_000);

  test('a finalizer of an earlier release does not block a deletion', async () => {
    const scene = await setScene('upgraded');
    const path = modelDeploymentPath(scene.name, scene.name);
    await client.merge(path, { metadata: { finalizers: ['serving.loan-eligibility.dev/webhook'] } });
    await client.delete(path);
    expect((await client.get(path)).metadata.deletionTimestamp).toBeDefined();
    await startOperator(scene.name);
    await until('the ModelDeployment is gone', () =>
      client.get(path).then(
        () => false,
        () => true,
      ),
    );
  }, 120_000);

  test('another replica continues after a leader stopped, and after a leader died', async () => {
    const scene = await setScene('leaders');
    const leader = await startOperator(scene.name);
    const first = await withStable(scene);
    const standby = await startOperator(scene.name, { POD_NAME: 'rollout-1' });
    await until(
      'the standby is ready',
      () =>
        standby.port !== undefined && fetch(`http://127.0.0.1:${standby.port}/readyz`).then(({ ok }) => ok),
    );
    await leader.stop();
    await until('the next leader shows the recorded status, although nothing changes', async () => {
      const scraped = await fetch(`http://127.0.0.1:${standby.port}/metrics`).then((answer) => answer.text());
      return (
        scraped.includes(`rollout_phase{model_deployment="${scene.name}",phase="Stable"} 1`) &&
        scraped.includes(`rollout_condition{model_deployment="${scene.name}",type="Degraded"} 0`)
      );
    });
    const second = await scene.version();
    await scene.promote(second);
    await scene.settles(
      'the next leader acts',
      ({ candidate, stable }) => (candidate ?? stable)?.version === second,
    );
    expect(first).not.toBe(second);

    // Another process takes the Lease, and never renews it.
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${scene.name}/leases/rollout-leader`;
    await client.merge(lease, { spec: { holderIdentity: 'dead', renewTime: '2026-01-01T00:00:00.000000Z' } });
    expect(await standby.failure).toBeInstanceOf(Error);
    await standby.stop();
    await startOperator(scene.name, { POD_NAME: 'rollout-2' });
    const third = await scene.version();
    await scene.promote(third);
    await scene.settles('the next leader acts', ({ candidate }) => candidate?.version === third);
  }, 180_000);

  test('a restart of the API server during a rollout changes nothing, and the rollout continues', async () => {
    const scene = await setScene('outage');
    await keepOperator(scene.name);
    const first = await withStable(scene);
    const second = await scene.version();
    scene.metrics.down = true;
    await scene.promote(second);
    await scene.settles('the operator misses Prometheus', ({ conditions }) =>
      Boolean(conditions?.some(({ type, status }) => type === 'MetricsReachable' && status === 'False')),
    );
    await api.stopApi();
    expect(scene.cluster.pods.map((pod) => [pod.pinned, pod.candidate?.version])).toEqual([
      [first, second],
      [first, second],
    ]);
    await api.startApi();
    scene.metrics.down = false;
    await scene.settles(
      'the second version is stable',
      ({ phase, stable }) => phase === 'Stable' && stable?.version === second,
    );
  }, 180_000);
});
