import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { WakeTokens } from '../../../operators/rollout/cluster/wake-tokens.ts';
import { SecretReader } from '../../../operators/rollout/servers/secret-reader.ts';
import { WAKE_CONFIG_MAP } from '../../../services/shared/agreements/kubernetes-names.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { InstalledSystem, NAMESPACE, refusal } from '../../support/installed-system.ts';
import { objectsOf } from '../../support/manifest-objects.ts';
import { until } from '../../support/until.ts';

const APPS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;

let system: InstalledSystem;
let administrator: KubernetesClient;
let operator: KubernetesClient;
let inference: KubernetesClient;

beforeAll(async () => {
  system = await InstalledSystem.start();
  administrator = system.administrator;
  operator = await system.clientOf('rollout');
  inference = await system.clientOf('inference');
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

const lease = (name: string) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace: NAMESPACE },
});

test('the operator may change the Deployment that it rolls out, and no other', async () => {
  const pin = (deployment: string) => {
    const container = { name: deployment, env: [{ name: 'MODEL_VERSION', value: '1' }] };
    const spec = { template: { spec: { containers: [container] } } };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: deployment }, spec };
    return operator.apply(`${APPS}/${deployment}`, body, 'loan-eligibility-rollout');
  };
  await pin('inference');
  expect(await refusal(pin('rollout'))).toBe('Forbidden');
  await operator.list(APPS);
});

test('the operator may write its own Lease, but no Lease of a shard', async () => {
  await operator.create(LEASES, lease('rollout-leader'));
  await operator.replace(`${LEASES}/rollout-leader`, await operator.get(`${LEASES}/rollout-leader`));
  const shard = await inference.create(LEASES, lease('shard'));
  expect(await refusal(operator.replace(`${LEASES}/shard`, shard))).toBe('Forbidden');
});

test('any replica of the operator wakes the leader, and the operator reads and writes no other ConfigMap', async () => {
  const woken: string[] = [];
  const logger = createLogger({ component: 'test', level: 'silent' });
  const options = { client: operator, namespace: NAMESPACE, clock: systemClock, logger };
  const leader = new WakeTokens({ ...options, onWake: (name) => woken.push(name) });
  const standby = new WakeTokens({ ...options, onWake: () => {} });
  leader.reflector.start();
  await leader.reflector.synced;
  await standby.set('loan', 'delivery-1');
  await until('the leader is woken', async () => woken.length === 1);
  await standby.set('other', 'delivery-2');
  await until('the leader is woken for the other', async () => woken.length === 2);
  const token = leader.get('loan');
  await standby.set('loan', 'delivery-3');
  await until('the leader is woken again', async () => woken.length === 3);
  expect(woken).toEqual(['loan', 'other', 'loan']);
  expect(leader.get('loan')).not.toBe(token);
  await leader.remove('loan');
  await until('the token is gone', async () => leader.get('loan') === undefined);
  expect(leader.names).toEqual(['other']);
  await leader.reflector.stop();

  const configMaps = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
  expect(await refusal(operator.list(configMaps))).toBe('Forbidden');
  expect(await refusal(operator.merge(`${configMaps}/kube-root-ca.crt`, { data: {} }))).toBe('Forbidden');
});

test('the operator may read the UID of its namespace, and of no other namespace', async () => {
  expect((await operator.get(`/api/v1/namespaces/${NAMESPACE}`)).metadata.uid).toBeDefined();
  expect(await refusal(operator.get('/api/v1/namespaces/kube-system'))).toBe('Forbidden');
  expect(await refusal(operator.list('/api/v1/namespaces'))).toBe('Forbidden');
});

test('the operator may read the Secrets with its credentials by name, and no other Secret', async () => {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets`;
  const secrets = new SecretReader(operator, NAMESPACE, systemClock);
  for (const name of ['mlflow-credentials', 'mlflow-webhook']) {
    const data = { token: Buffer.from('value').toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data };
    await administrator.create(path, secret);
  }
  expect(await secrets.read('mlflow-credentials')).toEqual({ token: 'value' });
  await expect(secrets.read('mlflow-webhook')).rejects.toMatchObject({
    reason: 'CredentialsMissing',
    message: expect.stringContaining('may not read the Secret mlflow-webhook'),
  });
  await expect(secrets.read('prometheus-credentials')).rejects.toThrow('does not exist');
  expect(await refusal(operator.list(path))).toBe('Forbidden');
});

test('applying the manifests again keeps the tokens', async () => {
  const [configMap] = objectsOf(systemManifests(kind)).filter(
    ({ metadata }) => metadata.name === WAKE_CONFIG_MAP,
  );
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/${WAKE_CONFIG_MAP}`;
  await operator.merge(path, { data: { kept: 'token' } });
  await administrator.apply(path, configMap ?? {}, 'test');
  expect(await administrator.get(path)).toMatchObject({ data: { kept: 'token' } });
});

test('inference may write the Leases of its shards, but never the Lease of the operator’s leader', async () => {
  await administrator.apply(`${LEASES}/rollout-leader`, lease('rollout-leader'), 'test');
  const take = () => refusal(inference.merge(`${LEASES}/rollout-leader`, { spec: { holderIdentity: 'me' } }));
  await until('the policy takes effect', async () => (await take()) === 'Invalid');
  expect(await refusal(inference.delete(`${LEASES}/rollout-leader`))).toBe('Invalid');
  await administrator.delete(`${LEASES}/rollout-leader`);
  expect(await refusal(inference.create(LEASES, lease('rollout-leader')))).toBe('Invalid');

  await operator.create(LEASES, lease('rollout-leader'));
  const shard = await inference.create(LEASES, lease('another-shard'));
  await inference.replace(`${LEASES}/another-shard`, shard);
  await inference.delete(`${LEASES}/another-shard`);
});
