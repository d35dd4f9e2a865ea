import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Inference, startInference } from '../../../scripts/stack/inference.ts';
import { FakeKubernetesApi, listOf, watchOf } from '../../support/fake-kubernetes-api.ts';
import { until } from '../../support/until.ts';

/** Stands for MLflow and Kinesis. A pod that waits for its pin must call neither. */
let others: Server;
let asked: string[];
let api: FakeKubernetesApi;
let directory: string;
let pod: Inference;

beforeAll(async () => {
  directory = mkdtempSync(`${tmpdir()}/waiting-pod-`);
  asked = [];
  others = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => others.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(others.address() as AddressInfo).port}`;
  api = await FakeKubernetesApi.start();
  api.lists.push(listOf('1', { metadata: { name: 'loan-eligibility', resourceVersion: '1' }, spec: {} }));
  api.watches.push(watchOf([]));
  writeFileSync(`${directory}/kubeconfig.json`, api.kubeConfig.exportConfig());
  pod = await startInference({
    directory,
    mlflowUrl: url,
    kinesisUrl: url,
    streams: { input: 'in', output: 'out', rejects: 'rejects' },
    environment: {
      KUBECONFIG: `${directory}/kubeconfig.json`,
      MODEL_DEPLOYMENT: 'loan-eligibility',
      POD_NAMESPACE: 'lending',
    },
  });
});

afterAll(async () => {
  await pod?.stop();
  await api?.[Symbol.asyncDispose]();
  others?.close();
  rmSync(directory, { recursive: true, force: true });
});

test('a pod of a ModelDeployment waits for its pin, ignores the alias, and ends cleanly', async () => {
  const probe = (path: string) => fetch(`${pod.url}${path}`);
  await until('the pod listens', () =>
    probe('/livez').then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  await until('the pod watches its ModelDeployment', () => api.count('watch') > 0);

  const ready = await probe('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({
    ready: false,
    dependencies: {
      model: { state: 'waiting', message: expect.stringMatching(/^no version is pinned yet/) },
      registry: { state: 'waiting' },
      kinesis: { state: 'waiting' },
    },
  });
  expect((await probe('/livez')).status).toBe(200);

  process.kill(pod.process.pid, 'SIGTERM');
  expect(await pod.process.exit()).toBe(0);
  expect(asked).toEqual([]);
  const log = readFileSync(`${directory}/inference.log`, 'utf8');
  expect(log.match(/waiting: no version is pinned yet/g)).toHaveLength(1);
});
