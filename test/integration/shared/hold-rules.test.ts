import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../../scripts/stack/serve-model-deployments.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';

const PATH = modelDeploymentPath('default');
const WINDOW = { from: '09:00', to: '17:00' };
const FREEZE = { from: '2026-12-18T16:00', to: '2027-01-04T09:00' };

type Fields = Readonly<Record<string, unknown>>;

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

/** Creates a ModelDeployment on trial. Resolves to its spec as the API server stores it. */
async function specOf(fields: Fields): Promise<ModelDeployment['spec']> {
  const created = await client.create<ModelDeployment>(PATH, {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'trial' },
    spec: {
      model: 'm',
      registry: { url: 'http://mlflow:5000', alias: 'champion' },
      target: { deployment: 'inference', container: 'inference' },
      analysis: { prometheus: 'http://prometheus:9090' },
      ...fields,
    },
  } as unknown as ModelDeployment);
  await client.delete(`${PATH}/trial`);
  return created.spec;
}

const step = (more: Fields): Fields => ({ canary: { steps: [{ weightPercent: 10, ...more }] } });
const query = (more: Fields): Fields => ({
  analysis: { prometheus: 'http://prometheus:9090', queries: [{ name: 'q', query: 'x', max: 2, ...more }] },
});

describe('the API server takes', () => {
  test.each<[string, Fields]>([
    [
      'windows of every kind',
      { windows: { timeZone: 'Europe/Berlin', allowed: [{ ...WINDOW, days: ['Mon'] }], freezes: [FREEZE] } },
    ],
    ['a window across midnight', { windows: { allowed: [{ from: '22:00', to: '02:00' }] } }],
    ['a whole day', { windows: { allowed: [{ from: '00:00', to: '24:00' }] } }],
    ['a time zone with a sign', { windows: { timeZone: 'Etc/GMT+3' } }],
    ['a leap day', { windows: { freezes: [{ from: '2028-02-29T00:00', to: '2028-02-29T23:59' }] } }],
    [
      'a step with a duration and a pause',
      step({ minimumDurationSeconds: 0, pause: { durationSeconds: 1 } }),
    ],
    ['a comparison', query({ stableQuery: '{{errorRatio}}', scope: 'rollout', failureLimit: 0 })],
  ])('%s', async (_what, fields) => {
    await expect(specOf(fields)).resolves.toMatchObject(fields);
  });

  test('a pause without a length, and keeps it', async () => {
    const { canary } = await specOf(step({ pause: {} }));
    expect(canary?.steps[0]?.pause).toEqual({});
  });

  test('windows without a time zone as windows in UTC', async () => {
    await expect(specOf({ windows: { freezes: [] } })).resolves.toMatchObject({
      windows: { timeZone: 'UTC' },
    });
  });
});

describe('the API server refuses', () => {
  test.each<[string, Fields, string]>([
    ['a time zone that nobody knows', { windows: { timeZone: 'Europe/Atlantis' } }, 'Europe/Atlantis'],
    ['the time zone of its own machine', { windows: { timeZone: 'Local' } }, 'IANA name'],
    ['an offset as time zone', { windows: { timeZone: '+02:00' } }, 'should match'],
    ['a window without a length', { windows: { allowed: [{ from: '09:00', to: '09:00' }] } }, 'must differ'],
    ['a window at 25 h', { windows: { allowed: [{ from: '25:00', to: '09:00' }] } }, 'should match'],
    ['a window from 24 h', { windows: { allowed: [{ from: '24:00', to: '09:00' }] } }, 'should match'],
    [
      'a window on another day',
      { windows: { allowed: [{ ...WINDOW, days: ['Monday'] }] } },
      'Unsupported value',
    ],
    ['a window on no day', { windows: { allowed: [{ ...WINDOW, days: [] }] } }, 'at least 1'],
    ['no windows at all', { windows: { allowed: [] } }, 'at least 1'],
    [
      'a freeze that ends before it begins',
      { windows: { freezes: [{ from: FREEZE.to, to: FREEZE.from }] } },
      'before',
    ],
    [
      'a freeze on 30 February',
      { windows: { freezes: [{ from: '2026-02-30T00:00', to: FREEZE.to }] } },
      'dates of the calendar',
    ],
    [
      'a freeze with an offset',
      { windows: { freezes: [{ ...FREEZE, from: '2026-12-18T16:00Z' }] } },
      'Too long',
    ],
    ['a pause of no length', step({ pause: { durationSeconds: 0 } }), 'greater than or equal to 1'],
    [
      'a duration of more than a week',
      step({ minimumDurationSeconds: 604_801 }),
      'less than or equal to 604800',
    ],
    ['an empty comparison', query({ stableQuery: ' ' }), 'must not be blank'],
    ['a comparison with another placeholder', query({ stableQuery: '{{x}}' }), 'another placeholder'],
    ['another scope', query({ scope: 'phase' }), 'Unsupported value'],
  ])('%s', async (_what, fields, message) => {
    await expect(specOf(fields)).rejects.toThrow(message);
  });
});
