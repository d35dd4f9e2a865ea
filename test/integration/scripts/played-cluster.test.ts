import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Deployment, Job, Pod } from '../../../operators/rollout/cluster/objects.ts';
import { readVerification } from '../../../operators/rollout/cluster/verification-result.ts';
import { isReady } from '../../../scripts/rollout/deployment-step.ts';
import { PlayedCluster } from '../../../scripts/rollout/played-cluster.ts';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { until } from '../../support/until.ts';

const NAMESPACE = 'lending';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const WAIT_MILLISECONDS = 60_000;

/** Answers with its version. Ends only some time after it is told to. */
const SERVER = `
  require('node:http').createServer((request, response) => response.end(process.env.MODEL_VERSION))
    .listen(process.env.HTTP_PORT, '127.0.0.1');
  process.on('SIGTERM', () => setTimeout(() => process.exit(0), 1500));
`;

let api: KubeApiServer;
let client: KubernetesClient;
let cluster: PlayedCluster;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(`${tmpdir()}/played-cluster-`);
  api = await startKubeApiServer();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await client.create('/api/v1/namespaces', namespace);
  cluster = new PlayedCluster({ client, namespace: NAMESPACE, directory });
}, 180_000);

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await client?.close();
  await api?.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

const pods = async () => (await client.list<Pod>(PODS)).items;
const names = (found: readonly Pod[]) => found.map(({ metadata }) => metadata.name).sort();

function deployment(version: string): object {
  const env = [{ name: 'MODEL_VERSION', value: version }];
  const ports = [{ name: 'http', containerPort: 8080 }];
  const command = [process.execPath, '-e', SERVER];
  const labels = { app: 'inference' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'inference' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'inference', image: 'none', command, ports, env }] },
      },
    },
  };
}

async function complete(): Promise<boolean> {
  const { metadata, status } = await client.get<Deployment>(`${DEPLOYMENTS}/inference`);
  const { observedGeneration, updatedReplicas, replicas, availableReplicas } = status ?? {};
  return (
    observedGeneration === metadata.generation &&
    [updatedReplicas, replicas, availableReplicas].every((count) => count === 2)
  );
}

describe('the played cluster', () => {
  test('runs the pods of a Deployment, and replaces them without fewer ready pods than wanted', async () => {
    await client.create(DEPLOYMENTS, deployment('1') as KubernetesObject);
    await until('two pods serve', complete, WAIT_MILLISECONDS);
    const before = names(await pods());
    const answers = await Promise.all(cluster.urls.map(async (url) => (await fetch(url)).text()));
    expect(answers).toEqual(['1', '1']);
    expect(cluster.scrapeTargets.map(({ labels }) => labels.pod).sort()).toEqual(before);

    await client.apply(`${DEPLOYMENTS}/inference`, deployment('2'), 'test');
    let fewest = 2;
    let terminating = 0;
    await until(
      'the pods are replaced',
      async () => {
        const found = await pods();
        const alive = found.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
        terminating = Math.max(terminating, found.length - alive.length);
        fewest = Math.min(fewest, alive.filter(isReady).length);
        return (await complete()) && found.length === 2;
      },
      WAIT_MILLISECONDS,
    );
    expect(fewest).toBe(2);
    // A pod that finishes its work is still there, as in a cluster.
    expect(terminating).toBeGreaterThan(0);
    expect(names(await pods()).filter((name) => before.includes(name))).toEqual([]);
    const later = await Promise.all(cluster.urls.map(async (url) => (await fetch(url)).text()));
    expect(later).toEqual(['2', '2']);
  }, 120_000);

  test('starts a process again that has crashed', async () => {
    const [pod] = await pods();
    const url = cluster.scrapeTargets.find(({ labels }) => labels.pod === pod?.metadata.name)?.url ?? '';
    const restarts = async () => {
      const { status } = await client.get<Pod>(`${PODS}/${pod?.metadata.name}`);
      return status?.containerStatuses?.[0];
    };
    process.kill(cluster.pidOf(pod?.metadata.name ?? '') ?? 0, 'SIGKILL');
    await until('the restart', async () => (await restarts())?.restartCount === 1, WAIT_MILLISECONDS);
    await until('the pod is ready', async () => (await restarts())?.ready === true, WAIT_MILLISECONDS);
    expect((await restarts())?.lastState?.terminated?.exitCode).toBe(137);
    expect(await (await fetch(url)).text()).toBe('2');
  }, 120_000);

  test.each([
    ['passes', 0, { passed: true, digest: 'sha256:1', runId: 'r', reason: 'Verified', message: 'm' }],
    ['is refused', 1, { passed: false, reason: 'DigestMismatch', message: 'other files' }],
  ])(
    'runs a Job to its end: a verification that %s',
    async (_, exitCode, result) => {
      const name = `verify-${exitCode}`;
      const script = `
      require('node:fs').writeFileSync(process.env.TERMINATION_MESSAGE_PATH, '${JSON.stringify(result)}');
      process.exitCode = ${exitCode};
    `;
      await client.create(JOBS, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name },
        spec: {
          backoffLimit: 6,
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ name: 'verify', image: 'none', command: [process.execPath, '-e', script] }],
            },
          },
        },
      } as KubernetesObject);
      const job = () => client.get<Job>(`${JOBS}/${name}`);
      const end = exitCode === 0 ? 'Complete' : 'Failed';
      const ended = async () => (await job()).status?.conditions?.some(({ type }) => type === end) ?? false;
      await until('the Job ends', ended, WAIT_MILLISECONDS);
      const own = async () => (await pods()).filter(({ metadata }) => metadata.name.startsWith(name));
      expect(readVerification(await job(), await own())).toMatchObject(
        exitCode === 0
          ? { kind: 'passed', digest: 'sha256:1' }
          : { kind: 'refused', reason: 'DigestMismatch', message: 'other files' },
      );
      // No garbage collector is there, so the pods go with their Job.
      await client.delete(`${JOBS}/${name}`);
      await until('the pods of the Job are gone', async () => (await own()).length === 0, WAIT_MILLISECONDS);
    },
    120_000,
  );
});
