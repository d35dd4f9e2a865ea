import { expect, test } from '@jest/globals';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';

test('is not ready before a model is loaded, and says what it waits for', async () => {
  await using app = await httpApp();
  const report = app.dependencies.reporter('registry');
  report({ state: 'waiting', message: 'MLflow at http://mlflow:5000 is unreachable: ECONNREFUSED' });
  const { status, json } = await app.call('/readyz');
  expect(status).toBe(503);
  expect(json()).toEqual({
    ready: false,
    dependencies: {
      registry: { state: 'waiting', message: 'MLflow at http://mlflow:5000 is unreachable: ECONNREFUSED' },
    },
  });
  expect((await app.call('/livez')).status).toBe(200);
});

test('stays ready while a dependency is away, and names it', async () => {
  await using app = await httpApp({ stable: new FakeModel() });
  app.dependencies.reporter('kinesis')({ state: 'degraded', message: 'ECONNRESET (trying again)' });
  const { status, json } = await app.call('/readyz');
  expect(status).toBe(200);
  expect(json()).toMatchObject({
    ready: true,
    model: { name: 'loan-eligibility', version: '7', digest: expect.stringMatching(/^sha256:/) },
    dependencies: { kinesis: { state: 'degraded', message: 'ECONNRESET (trying again)' } },
  });
});

test('is not ready while a dependency blocks, though a model is loaded', async () => {
  await using app = await httpApp({ stable: new FakeModel() });
  const report = app.dependencies.reporter('kinesis');
  report({ state: 'blocked', message: 'leases: forbidden (trying again)' });
  const { status, json } = await app.call('/readyz');
  expect(status).toBe(503);
  expect(json()).toMatchObject({
    ready: false,
    model: { version: '7' },
    dependencies: { kinesis: { state: 'blocked', message: 'leases: forbidden (trying again)' } },
  });
  expect((await app.call('/livez')).status).toBe(200);
  report({ state: 'ok' });
  expect((await app.call('/readyz')).status).toBe(200);
});

test('is not live once a loop has stalled, and names it', async () => {
  await using app = await httpApp({ stable: new FakeModel() });
  let ageMilliseconds = 9_999;
  app.heartbeats.push({
    name: 'lease renewal',
    ageMilliseconds: () => ageMilliseconds,
    limitMilliseconds: 10_000,
  });
  expect((await app.call('/livez')).status).toBe(200);
  ageMilliseconds = 10_001;
  const { status, json } = await app.call('/livez');
  expect(status).toBe(503);
  expect(json()).toEqual({ live: false, stalled: ['lease renewal'] });
});

test('is scraped', async () => {
  await using app = await httpApp({ stable: new FakeModel() });
  const { status, text } = await app.call('/metrics');
  expect(status).toBe(200);
  expect(text).toMatch(/^inference_model_info\{model_version="7",role="stable",digest="sha256:0+7"\} 1$/m);
});

test('answers what it does not know in JSON', async () => {
  await using app = await httpApp();
  const { status, json } = await app.call('/nowhere');
  expect(status).toBe(404);
  expect(json()).toEqual({ error: { code: 'not_found', message: 'no such path' } });
});
