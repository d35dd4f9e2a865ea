import { describe, expect, test } from '@jest/globals';
import { type Model, ScoringError } from '../../../../services/inference/model/model.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { plainModel } from '../../../support/model/plain-model.ts';

const MODEL = '/v2/models/loan-eligibility';

const identity = () =>
  plainModel({
    inputs: [{ name: 'text', type: 'string', shape: ['N', 1] }],
    outputs: [{ name: 'same', type: 'string', shape: ['N', 1] }],
    initializers: [],
    nodes: [{ operator: 'Identity', inputs: ['text'], output: 'same' }],
  });
const request = { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1, 1], data: ['a'] }] };
const candidate = { version: '8', digest: 'sha256:8', mode: 'shadow', weightPercent: 0 } as const;

describe('the configuration of a model', () => {
  test('has the form of Triton', async () => {
    await using app = await httpApp({ stable: await identity() });
    const { status, json } = await app.call(`${MODEL}/config`);
    expect(status).toBe(200);
    expect(json()).toMatchObject({
      name: 'loan-eligibility',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      max_batch_size: 0,
      input: [{ name: 'text', data_type: 'TYPE_STRING', dims: [-1, 1] }],
      output: [{ name: 'same', data_type: 'TYPE_STRING', dims: [-1, 1] }],
    });
    expect((await app.call(`${MODEL}/versions/7/config`)).json()).toEqual(json());
    expect(await app.call(`${MODEL}/versions/8/config`)).toMatchObject({ status: 404 });
    expect(await app.call('/v2/models/other/config')).toMatchObject({ status: 404 });
  });

  test('is not there before the model', async () => {
    await using app = await httpApp();
    expect(await app.call(`${MODEL}/config`)).toMatchObject({ status: 503 });
    expect(await app.call(`${MODEL}/stats`)).toMatchObject({ status: 503 });
  });
});

describe('the statistics of a model', () => {
  test('count inferences over /v2 and what they took', async () => {
    await using app = await httpApp({ stable: await identity() });
    const statistics = async (path = `${MODEL}/stats`) => (await app.call(path)).json().model_stats;
    expect(await statistics()).toMatchObject([
      { name: 'loan-eligibility', version: '7', inference_count: 0, last_inference: 0, batch_stats: [] },
    ]);
    await app.post(`${MODEL}/infer`, request);
    await app.post(`${MODEL}/versions/7/infer`, request);
    // A request that cannot be read reaches no model.
    await app.post(`${MODEL}/infer`, {});
    const [model] = await statistics();
    expect(model).toMatchObject({
      inference_count: 2,
      execution_count: 2,
      last_inference: app.clock.now(),
      inference_stats: {
        success: { count: 2 },
        fail: { count: 0, ns: 0 },
        queue: { count: 2, ns: 0 },
        compute_input: { count: 2 },
        compute_infer: { count: 2 },
        compute_output: { count: 2 },
        cache_hit: { count: 0, ns: 0 },
      },
      batch_stats: [{ batch_size: 1, compute_infer: { count: 2 } }],
    });
    expect(await statistics(`${MODEL}/versions/7/stats`)).toEqual([model]);
    expect(await statistics('/v2/models/stats')).toEqual([model]);
  });

  test('count a run that fails', async () => {
    const infer = () => Promise.reject(new ScoringError('it failed'));
    await using app = await httpApp({ stable: Object.assign(await identity(), { infer }) });
    expect(await app.post(`${MODEL}/infer`, request)).toMatchObject({ status: 500 });
    const [model] = (await app.call(`${MODEL}/stats`)).json().model_stats;
    expect(model).toMatchObject({ inference_count: 0, inference_stats: { fail: { count: 1 } } });
  });

  test('are those of one loaded model, and begin anew with the next', async () => {
    await using app = await httpApp({ stable: await identity() });
    await app.post(`${MODEL}/infer`, request);
    app.router.setStable(await identity());
    const [model] = (await app.call(`${MODEL}/stats`)).json().model_stats;
    expect(model.inference_count).toBe(0);
  });

  test('of all loaded models are the stable one and the candidate', async () => {
    await using app = await httpApp({
      stable: new FakeModel(),
      loadCandidate: async () => new FakeModel({ version: '8' }),
    });
    app.router.setCandidate({ ...candidate, mode: 'canary', weightPercent: 1 });
    await app.router.canarySettled();
    const { model_stats } = (await app.call('/v2/models/stats')).json();
    expect(model_stats.map(({ version }: { version: string }) => version)).toEqual(['7', '8']);
  });
});

describe('the repository', () => {
  test('lists the versions and their states', async () => {
    const loading = Promise.withResolvers<Model>();
    await using app = await httpApp({ stable: new FakeModel(), loadCandidate: () => loading.promise });
    app.router.setCandidate({ ...candidate, mode: 'canary' });
    const index = async (body: string) => app.call('/v2/repository/index', { method: 'POST', body });
    const stable = { name: 'loan-eligibility', version: '7', state: 'READY', reason: '' };
    const both = [stable, { ...stable, version: '8', state: 'LOADING' }];
    expect((await index('')).json()).toEqual(both);
    loading.reject(new Error('the digest is another'));
    await app.router.canarySettled();
    const failed = { ...stable, version: '8', state: 'UNAVAILABLE', reason: 'the digest is another' };
    expect((await index('{"ready": false}')).json()).toEqual([stable, failed]);
    expect((await index('{"ready": null}')).json()).toEqual([stable, failed]);
    expect((await index('{"ready": true}')).json()).toEqual([stable]);
  });

  test('is empty before the first model', async () => {
    await using app = await httpApp();
    expect((await app.call('/v2/repository/index', { method: 'POST' })).json()).toEqual([]);
  });

  test.each([
    ['{', 'the request is not JSON'],
    ['{"ready": 1}', 'ready: Invalid input: expected boolean, received number'],
    ['[]', 'the request: Invalid input: expected object, received array'],
  ])('refuses %s', async (body, error) => {
    await using app = await httpApp();
    const answer = await app.call('/v2/repository/index', { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ error });
  });

  test.each(['load', 'unload'])('allows no %s', async (change) => {
    await using app = await httpApp({ stable: new FakeModel() });
    const answer = await app.post(`/v2/repository/models/loan-eligibility/${change}`, {});
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({
      error: `${change} is not allowed: the model registry decides which versions are served. Move the alias there`,
    });
    expect(app.router.stable).toBeDefined();
  });
});

test('an error of the server itself is a text, and only the log knows more', async () => {
  const infer = () => Promise.reject(new Error('secret'));
  await using app = await httpApp({ stable: Object.assign(await identity(), { infer }) });
  const { status, json } = await app.post(`${MODEL}/infer`, request);
  expect(status).toBe(500);
  expect(json()).toEqual({ error: 'the server failed on this request' });
});
