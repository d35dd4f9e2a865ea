import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { RolloutMetrics } from '../../../operators/rollout/metrics.ts';
import { operatorApp } from '../../../operators/rollout/operator-app.ts';
import { webhookReceiver } from '../../../operators/rollout/webhook/receiver.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const logger = createLogger({ component: 'test', level: 'silent' });

async function serve(secret: string | undefined) {
  const metricsRegistry = new Registry();
  const clock = new ManualClock();
  const app = operatorApp({
    metricsRegistry,
    metrics: new RolloutMetrics(metricsRegistry),
    state: () => ({ synced: true, leading: true, cacheAgeMilliseconds: 0, queueDepth: 0 }),
    logger,
    webhooks:
      secret === undefined
        ? undefined
        : webhookReceiver({ secret, clock, logger, modelDeployments: () => [], wake: async () => {} }),
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    call: async (path: string, method: string) => {
      const response = await fetch(url + path, { method });
      return { status: response.status, allow: response.headers.get('Allow'), text: await response.text() };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test.each([
  ['/livez', 'GET, HEAD, OPTIONS'],
  ['/readyz', 'GET, HEAD, OPTIONS'],
  ['/metrics', 'GET, HEAD, OPTIONS'],
  ['/webhooks/mlflow', 'POST, OPTIONS'],
])('%s of the operator names its methods', async (path, allow) => {
  await using operator = await serve('a-secret-of-some-length');
  const refused = await operator.call(path, 'PUT');
  expect([refused.status, refused.allow]).toEqual([405, allow]);
  expect(JSON.parse(refused.text).error.code).toBe('method_not_allowed');
  const options = await operator.call(path, 'OPTIONS');
  expect([options.status, options.allow, options.text]).toEqual([204, allow, '']);
});

test('an operator without a secret has no path for the webhook', async () => {
  await using operator = await serve(undefined);
  for (const method of ['POST', 'GET', 'OPTIONS']) {
    const { status, text } = await operator.call('/webhooks/mlflow', method);
    expect([status, JSON.parse(text)]).toEqual([
      404,
      { error: { code: 'not_found', message: 'no such path' } },
    ]);
  }
});

test.each(['/', '/nowhere', '/%ZZ', `/${'q'.repeat(9_000)}`])(
  'answers %.9s in JSON, not with a page',
  async (path) => {
    await using operator = await serve('a-secret-of-some-length');
    const { status, text } = await operator.call(path, 'GET');
    expect(status).toBe(path.length > 100 ? 414 : 404);
    expect(JSON.parse(text)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  },
);
