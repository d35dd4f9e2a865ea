import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../../scripts/stack/serve-model-deployments.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';

const MINIMAL = {
  model: 'loan-eligibility',
  registry: { url: 'http://mlflow:5000', alias: 'champion' },
  target: { deployment: 'inference', container: 'inference' },
};
const ANALYSIS = { prometheus: 'http://prometheus:9090' };
const KEYS = { configMap: 'promotion-keys' };
const PATH = modelDeploymentPath('default');

let api: KubeApiServer;
let client: KubernetesClient;

beforeAll(async () => {
  api = await startKubeApiServer();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  await serveModelDeployments(client);
}, 120_000);

afterAll(async () => {
  await client?.close();
  await api?.stop();
}, 30_000);

function create(name: string, spec: object): Promise<ModelDeployment> {
  return client.create<ModelDeployment>(PATH, {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name },
    spec,
  } as ModelDeployment);
}

const SLACK = { name: 'team', type: 'slack', secret: { name: 'notifications', key: 'slack-url' } };

describe('the API server', () => {
  test('fills in the same defaults as the schema', async () => {
    const approval = { publicKeys: KEYS };
    const canary = { steps: [{ weightPercent: 10 }] };
    const spec = { ...MINIMAL, approval, shadow: {}, canary, analysis: ANALYSIS };
    expect((await create('defaults', spec)).spec).toEqual(specSchema.parse(spec));
  });

  test.each<[string, object, string]>([
    ['shadow without Prometheus', { shadow: {} }, 'shadow and canary need analysis.prometheus'],
    ['a pin without a digest', { pin: { version: '7' } }, 'spec.pin.digest: Required value'],
    ['a pin to a short digest', { pin: { version: '7', digest: 'sha256:00' } }, 'spec.pin.digest'],
    [
      'a pin to a version that is no number',
      { pin: { version: 'latest', digest: `sha256:${'0'.repeat(64)}` } },
      'spec.pin.version',
    ],
    [
      'weights that do not grow',
      { analysis: ANALYSIS, canary: { steps: [{ weightPercent: 50 }, { weightPercent: 50 }] } },
      'weightPercent must grow from step to step',
    ],
    [
      'a weight of 0',
      { analysis: ANALYSIS, canary: { steps: [{ weightPercent: 0 }] } },
      'greater than or equal to 1',
    ],
    [
      'a weight of 101',
      { analysis: ANALYSIS, canary: { steps: [{ weightPercent: 101 }] } },
      'less than or equal to 100',
    ],
    [
      'a query without limits',
      { analysis: { ...ANALYSIS, queries: [{ name: 'errors', query: 'up' }] } },
      'needs min or max',
    ],
    [
      'a query that nothing can pass',
      { analysis: { ...ANALYSIS, queries: [{ name: 'errors', query: 'up', min: 2, max: 1 }] } },
      'min must not exceed max',
    ],
    [
      'a reserved alias',
      { registry: { ...MINIMAL.registry, alias: 'v3' } },
      'MLflow reserves latest and v<digits>',
    ],
    ['a URL that is none', { registry: { ...MINIMAL.registry, url: 'mlflow:5000' } }, 'spec.registry.url'],
    ['an approval without keys', { approval: {} }, 'spec.approval.publicKeys: Required value'],
    ['eleven approvals', { approval: { publicKeys: KEYS, required: 11 } }, 'less than or equal to 10'],
    [
      'statements that never expire',
      { approval: { publicKeys: KEYS, expiresAfterSeconds: 31_536_001 } },
      'less than or equal to 31536000',
    ],
    [
      'keys in a ConfigMap that cannot exist',
      { approval: { publicKeys: { configMap: '../keys' } } },
      'spec.approval.publicKeys.configMap',
    ],
    [
      'a notification whose template has an unknown placeholder',
      { notifications: [{ ...SLACK, template: '{{password}}' }] },
      'must not contain another placeholder than',
    ],
    ['two notifications of one name', { notifications: [SLACK, SLACK] }, 'needs a name of its own'],
    [
      'a notification that names no Secret',
      { notifications: [{ name: 'team', type: 'slack' }] },
      'spec.notifications[0].secret: Required value',
    ],
    ['an unknown policy', { registry: { ...MINIMAL.registry, onAliasDeleted: 'Delete' } }, 'KeepServing'],
  ])('refuses %s', async (_what, more, message) => {
    await expect(create('refused', { ...MINIMAL, ...more })).rejects.toThrow(message);
  });

  test('fills in what is told by default, and how', async () => {
    const { spec } = await create('notified', { ...MINIMAL, notifications: [SLACK] });
    expect(spec.notifications).toEqual(
      specSchema.parse({ ...MINIMAL, notifications: [SLACK] }).notifications,
    );
  });

  test('refuses another model, and a name that does not fit into labels', async () => {
    await create('immutable', MINIMAL);
    const patch = { spec: { model: 'another' } };
    await expect(client.merge(`${PATH}/immutable`, patch)).rejects.toThrow('model is immutable');
    await expect(create('n'.repeat(41), MINIMAL)).rejects.toThrow('at most 40 characters');
  });

  test('takes the status only through its own resource', async () => {
    const created = await create('status', MINIMAL);
    await client.replace(`${PATH}/status`, { ...created, status: { phase: 'Stable' } });
    expect((await client.get<ModelDeployment>(`${PATH}/status`)).status).toBeUndefined();
  });
});
