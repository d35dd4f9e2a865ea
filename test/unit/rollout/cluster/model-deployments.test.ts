import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { ModelDeployments } from '../../../../operators/rollout/cluster/model-deployments.ts';
import { KubernetesClient } from '../../../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import type { Phase } from '../../../../services/shared/model-deployment/status.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SPEC } from '../../../support/rollout-world.ts';
import { until } from '../../../support/until.ts';

const INITIAL: ModelDeployment = {
  metadata: { name: 'loan', uid: 'u1', generation: 1, resourceVersion: '100' },
  spec: SPEC,
  status: { phase: 'Canary' },
};

let stored: ModelDeployment;
let puts: number;
/** True if the CRD of the API server knows no field but the phase. */
let dropsFields: boolean;
/** Another client, just before the API server takes a status. */
let meanwhile: () => void;
let server: Server;
let client: KubernetesClient;
let clock: ManualClock;
let objects: ModelDeployments;

/** Another client changes the object. */
function change(change: Partial<ModelDeployment>, metadata: Partial<ModelDeployment['metadata']> = {}): void {
  const resourceVersion = String(Number(stored.metadata.resourceVersion) + 1);
  stored = { ...stored, ...change, metadata: { ...stored.metadata, ...metadata, resourceVersion } };
}

beforeEach(async () => {
  stored = INITIAL;
  puts = 0;
  dropsFields = false;
  meanwhile = () => {};
  clock = new ManualClock();
  server = createServer(async (request, response) => {
    const answer = (body: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api');
    if (request.method === 'PUT') {
      puts++;
      const body = (await json(request)) as ModelDeployment;
      meanwhile();
      if (body.metadata.resourceVersion !== stored.metadata.resourceVersion) {
        return answer({ reason: 'Conflict', message: 'the object has been modified' }, 409);
      }
      const { phase } = body.status ?? {};
      const status = dropsFields ? { phase } : (body.status ?? {});
      // A real API server stores nothing if nothing changes, and keeps the resource version.
      if (!isDeepStrictEqual(status, stored.status)) change({ status });
      return answer(stored);
    }
    if (pathname.endsWith('/loan')) return answer(stored);
    if (searchParams.get('watch') === 'true') return response.writeHead(200).flushHeaders();
    return answer({ metadata: { resourceVersion: stored.metadata.resourceVersion }, items: [stored] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromClusterAndUser(
    { name: 'played', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'tester' },
  );
  client = new KubernetesClient({ kubeConfig });
  const logger = createLogger({ component: 'test', level: 'silent' });
  objects = new ModelDeployments({ client, namespace: 'default', clock, logger, onChange: () => {} });
  objects.reflector.start();
  await objects.reflector.synced;
});

afterEach(async () => {
  await objects.reflector.stop();
  await client.close();
  server.closeAllConnections();
  server.close();
});

function known(): ModelDeployment {
  const object = objects.get('loan');
  if (object === undefined) throw new Error('the object is not in the cache');
  return object;
}

const write = (phase: Phase) => objects.updateStatus(known(), { phase });

test('a write into the metadata does not delay the status, and is kept', async () => {
  let touches = 0;
  meanwhile = () => {
    if (++touches < 4) change({}, { annotations: { touched: String(touches) } });
  };
  await write('RolledBack');
  expect(stored.status).toEqual({ phase: 'RolledBack' });
  expect(stored.metadata.annotations).toEqual({ touched: '3' });
  expect(known().status).toEqual({ phase: 'RolledBack' });
});

test.each<[string, () => void]>([
  ['another spec', () => change({ spec: { ...SPEC, model: 'other' } }, { generation: 2 })],
  ['another status', () => change({ status: { phase: 'Stable' } })],
  ['another object of the same name', () => change({ status: { phase: 'Canary' } }, { uid: 'u2' })],
  ['a deletion', () => change({}, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
])('%s is not overwritten', async (_what, happens) => {
  meanwhile = happens;
  await expect(write('RolledBack')).rejects.toThrow('the object has been modified');
  expect(stored.status?.phase).not.toBe('RolledBack');
});

test('a client that writes before every try does not hold the operator for ever', async () => {
  meanwhile = () => change({}, { annotations: { touched: String(puts) } });
  await expect(write('RolledBack')).rejects.toThrow('the object has been modified');
  expect(puts).toBe(5);
});

test('a status that the CRD of an earlier release does not know is an error that says what to do', async () => {
  dropsFields = true;
  const status = { phase: 'Canary' as const, observedGeneration: 1 };
  await expect(objects.updateStatus(known(), status)).rejects.toThrow('apply the CRD of this release');
  await objects.updateStatus(known(), { ...status, phase: 'RolledBack' });
  expect(known().status).toEqual({ phase: 'RolledBack' });
});

test('an own write is known before the cache has it', async () => {
  await write('Promoting');
  expect(known().status).toEqual({ phase: 'Promoting' });
});

test('after a restore of etcd, the state of the API server counts from the next list on', async () => {
  await write('Promoting');
  stored = { ...INITIAL, metadata: { ...INITIAL.metadata, resourceVersion: '7' } };
  clock.advance(400_000);
  await until('the list', async () => known().metadata.resourceVersion === '7');
  await write('RolledBack');
  expect(stored.status).toEqual({ phase: 'RolledBack' });
});

test('after a restore of etcd, one failed write is enough to know', async () => {
  await write('Promoting');
  stored = { ...INITIAL, metadata: { ...INITIAL.metadata, resourceVersion: '7' } };
  await expect(write('RolledBack')).rejects.toThrow('the object has been modified');
  expect(known().status).toEqual(INITIAL.status);
});
