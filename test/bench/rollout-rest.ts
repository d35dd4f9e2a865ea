import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, request } from 'undici';
import type { KubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { WAKE_CONFIG_MAP } from '../../services/shared/agreements/kubernetes-names.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../services/shared/model-deployment/model-deployment.ts';
import { until } from '../support/until.ts';
import { RegistryStandIn } from './registry-stand-in.ts';
import { startBenchOperator } from './rollout-operator.ts';
import { bounds, type RolloutBenchRow } from './rollout-rows.ts';
import { deliverWebhook } from './webhook-delivery.ts';

const MODEL_DEPLOYMENTS = 200;
const POLL_SECONDS = 10;
const IDLE_SECONDS = 60;
const MOVES = 10;
const LEASE_BAR_SECONDS = 15;
const CLOCK_TICKS_PER_SECOND = 100;
const NAMESPACE = 'default';

/** Measures the operator with 200 ModelDeployments at rest: its cost, and how fast it wakes up. */
export async function restBench(
  api: KubeApiServer,
  directory: string,
  bundle: string,
): Promise<RolloutBenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  stack.defer(() => client.close());
  const registry = await stack.use(new RegistryStandIn()).start();
  await client.create(`/api/v1/namespaces/${NAMESPACE}/configmaps`, { metadata: { name: WAKE_CONFIG_MAP } });
  for (let index = 0; index < MODEL_DEPLOYMENTS; index++) await installOne(client, registry.url, index);

  const start = async (name: string) =>
    stack.use(
      await startBenchOperator({
        name,
        namespace: NAMESPACE,
        directory,
        bundle,
        kubeConfigFile: api.kubeConfigFile,
        webhooks: true,
      }),
    );
  const leader = await start('rollout-0');
  await until(
    'all are at rest',
    async () => (await phases(client)).every((phase) => phase === 'Stable'),
    120_000,
  );
  await delay(2 * POLL_SECONDS * 1000);

  const rest = await measureRest(leader.pid, api.kubeConfig, registry);
  const standby = await start('rollout-1');
  const wakes = await measureWakes(client, registry, [leader.port, standby.port]);
  process.kill(leader.pid, 'SIGKILL');
  const died = performance.now();
  registry.moved.set('model-0', '2');
  await until('the next leader acts', () => hasCandidate(client, 'model-0'), 60_000);
  const takeover = (performance.now() - died) / 1000;
  return [
    ...rest,
    ...bounds('webhook delivered → acts, beside them', wakes, 'ms'),
    {
      what: 'leader killed → next acts',
      value: takeover,
      unit: `s (bar ${LEASE_BAR_SECONDS}), poll ${POLL_SECONDS} s included`,
    },
  ];
}

/** Creates a ModelDeployment at rest, and a Deployment with a complete rollout. */
async function installOne(client: KubernetesClient, registryUrl: string, index: number): Promise<void> {
  const target = `inference-${index}`;
  const deployments = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
  const env = [
    { name: 'MODEL_VERSION', value: '1' },
    { name: 'MODEL_DIGEST', value: 'sha256:1' },
  ];
  const labels = { app: target };
  await client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: target },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'inference', image: 'inference:1', env }] },
      },
    },
  } as KubernetesObject);
  await client.merge(`${deployments}/${target}/status`, {
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    },
  });
  const created = await client.create<ModelDeployment>(modelDeploymentPath(NAMESPACE), {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: `model-${index}` },
    spec: {
      model: `model-${index}`,
      registry: { url: registryUrl, alias: 'champion', pollSeconds: POLL_SECONDS },
      target: { deployment: target, container: 'inference' },
    },
  } as ModelDeployment);
  const since = new Date().toISOString();
  const stable = { version: '1', runId: 'run', digest: 'sha256:1', since, soakedAt: since };
  await client.replace<ModelDeployment>(`${modelDeploymentPath(NAMESPACE, `model-${index}`)}/status`, {
    ...created,
    status: { phase: 'Stable', stable },
  });
}

async function measureRest(
  pid: number,
  kubeConfig: KubeConfig,
  registry: { requests: number },
): Promise<RolloutBenchRow[]> {
  const before = { cpu: cpuSeconds(pid), registry: registry.requests, api: await apiRequests(kubeConfig) };
  await delay(IDLE_SECONDS * 1000);
  const minutes = IDLE_SECONDS / 60;
  const api = (await apiRequests(kubeConfig)) - before.api;
  return [
    {
      what: `${MODEL_DEPLOYMENTS} at rest: CPU`,
      value: (100 * (cpuSeconds(pid) - before.cpu)) / IDLE_SECONDS,
      unit: '% of a core',
    },
    { what: `${MODEL_DEPLOYMENTS} at rest: memory`, value: rssMegabytes(pid), unit: 'MB' },
    {
      what: `${MODEL_DEPLOYMENTS} at rest: registry requests`,
      value: (registry.requests - before.registry) / minutes,
      unit: 'a minute',
    },
    { what: `${MODEL_DEPLOYMENTS} at rest: API requests`, value: api / minutes, unit: 'a minute' },
  ];
}

/** Milliseconds from a delivery to one of the replicas until the status names the candidate. */
async function measureWakes(
  client: KubernetesClient,
  registry: { moved: Map<string, string> },
  ports: readonly number[],
): Promise<number[]> {
  const wakes: number[] = [];
  for (let move = 0; move < MOVES; move++) {
    const name = `model-${MODEL_DEPLOYMENTS - 1 - move}`;
    registry.moved.set(name, '2');
    const moved = performance.now();
    await deliverWebhook(ports[move % ports.length] ?? 0, name);
    await until('the operator acts', () => hasCandidate(client, name));
    wakes.push(performance.now() - moved);
  }
  return wakes;
}

async function phases(client: KubernetesClient): Promise<(string | undefined)[]> {
  const { items } = await client.list<ModelDeployment>(modelDeploymentPath(NAMESPACE));
  return items.map(({ status }) => (status?.observedGeneration === 1 ? status.phase : undefined));
}

async function hasCandidate(client: KubernetesClient, name: string): Promise<boolean> {
  const object = await client.get<ModelDeployment>(modelDeploymentPath(NAMESPACE, name));
  return object.status?.candidate?.version === '2';
}

/** Number of requests that the API server answered for the resources that the operator uses. */
async function apiRequests(kubeConfig: KubeConfig): Promise<number> {
  const cluster = kubeConfig.getCurrentCluster();
  const dispatcher = new Agent({ connect: { ca: Buffer.from(cluster?.caData ?? '', 'base64') } });
  const headers = { authorization: `Bearer ${kubeConfig.getCurrentUser()?.token}` };
  const { body } = await request(`${cluster?.server}/metrics`, { dispatcher, headers });
  const text = await body.text();
  await dispatcher.close();
  return [...text.matchAll(/^apiserver_request_total\{([^}]*)\} (\S+)$/gm)]
    .filter(([, labels]) =>
      /resource="(modeldeployments|deployments|jobs|pods|events|leases|configmaps)"/.test(labels ?? ''),
    )
    .reduce((sum, [, , value]) => sum + Number(value), 0);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function rssMegabytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
