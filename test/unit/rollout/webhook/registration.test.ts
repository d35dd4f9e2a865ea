import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MlflowServer } from '../../../../operators/rollout/registry/mlflow-servers.ts';
import { WebhookRegistration } from '../../../../operators/rollout/webhook/registration.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const { url } = SPEC.registry;
const OTHER = 'http://another:5000';
const FORBIDDEN = 'http://forbidden:5000';
const MINUTE = 60_000;

let clock: ManualClock;
let calls: string[];
let registryDown: boolean;
/** Calls wait for this promise, so that a test can act during a call. */
let gate: Promise<void>;
let objects: ModelDeployment[];
let webhooks: WebhookRegistration;

beforeEach(() => {
  clock = new ManualClock();
  calls = [];
  registryDown = false;
  gate = Promise.resolve();
  objects = [object()];
  webhooks = registration();
});

afterEach(() => webhooks.stop());

function registration(formerServer?: string): WebhookRegistration {
  const call = async (name: string) => {
    calls.push(name);
    await gate;
    if (registryDown) throw new Error('registry down');
  };
  return new WebhookRegistration({
    modelDeployments: () => objects,
    rows: {
      ensure: (server) => call(`ensure ${textOf(server)}`),
      remove: (server) => call(`remove ${textOf(server)}`),
    },
    target: { url: 'http://rollout:8080/webhooks/mlflow', secret: 'a-secret-of-some-length' },
    allows: (server) => server !== FORBIDDEN,
    formerServer,
    clock,
    logger: createLogger({ component: 'test', level: 'silent' }),
  });
}

function object(registry = url, metadata: Partial<ModelDeployment['metadata']> = {}): ModelDeployment {
  return {
    metadata: { name: 'loan', ...metadata },
    spec: { ...SPEC, registry: { ...SPEC.registry, url: registry } },
  };
}

function textOf({ url, credentials }: MlflowServer): string {
  return credentials?.secret === undefined ? url : `${url} with ${credentials.secret}`;
}

/** Lets every pending promise callback run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function refreshed(): Promise<void> {
  webhooks.refresh();
  await settle();
}

describe('the webhook row of an MLflow server', () => {
  test('exists while a ModelDeployment uses the server, and is checked every ten minutes', async () => {
    webhooks.start();
    await settle();
    for (let change = 0; change < 5; change++) await refreshed();
    expect(calls).toEqual([`ensure ${url}`]);
    clock.advance(10 * MINUTE);
    await settle();
    expect(calls).toEqual([`ensure ${url}`, `ensure ${url}`]);
  });

  test('is removed with the last ModelDeployment that uses the server', async () => {
    objects = [object(), object(url, { name: 'second' })];
    await refreshed();
    objects = objects.slice(1);
    await refreshed();
    expect(calls).toEqual([`ensure ${url}`]);
    objects = [object(url, { name: 'second', deletionTimestamp: '2026-01-01T00:00:00Z' })];
    await refreshed();
    objects = [];
    await refreshed();
    expect(calls).toEqual([`ensure ${url}`, `remove ${url}`]);
  });

  test('is made and removed with the credentials of the ModelDeployment', async () => {
    const credentials = { type: 'bearer', secret: 'mlflow-credentials' } as const;
    objects = [{ ...object(), spec: { ...SPEC, registry: { ...SPEC.registry, credentials } } }];
    await refreshed();
    objects = [];
    await refreshed();
    expect(calls).toEqual(['ensure', 'remove'].map((call) => `${call} ${url} with mlflow-credentials`));
  });

  test('is neither made nor removed on a server that the operator may not call', async () => {
    objects = [object(FORBIDDEN)];
    webhooks = registration(FORBIDDEN);
    webhooks.start();
    await refreshed();
    objects = [];
    await refreshed();
    expect(calls).toEqual([]);
  });

  test('moves when a ModelDeployment changes to another server', async () => {
    await refreshed();
    objects = [object(OTHER)];
    await refreshed();
    expect(calls).toEqual([`ensure ${url}`, `ensure ${OTHER}`, `remove ${url}`]);
  });

  test.each(['written', 'removed'])('is tried again until it can be %s', async (what) => {
    await refreshed();
    objects = what === 'written' ? [object(OTHER), object()] : [];
    registryDown = true;
    await refreshed();
    clock.advance(MINUTE);
    await settle();
    registryDown = false;
    clock.advance(MINUTE);
    await settle();
    const call = what === 'written' ? `ensure ${OTHER}` : `remove ${url}`;
    expect(calls.slice(1)).toEqual([call, call, call]);
    clock.advance(MINUTE);
    await settle();
    expect(calls).toHaveLength(4);
  });

  test('is written again if its server came back into use during the removal', async () => {
    await refreshed();
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    objects = [];
    await refreshed();
    objects = [object()];
    await refreshed();
    resolve();
    await settle();
    expect(calls).toEqual([`ensure ${url}`, `remove ${url}`, `ensure ${url}`]);
  });

  test('that is left from a time without a leader is removed at the start, from the configured server', async () => {
    objects = [];
    webhooks = registration(url);
    webhooks.start();
    await settle();
    expect(calls).toEqual([`remove ${url}`]);
  });
});
