import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keyShare } from '../../../../services/inference/decision/route/key-share.ts';
import { metricValue } from '../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT, loanContract } from '../../../support/model/loan-model.ts';
import { emptyParts, kplAggregate } from '../../../support/stream/kpl-aggregate.ts';
import { until } from '../../../support/until.ts';

describe('POST /predict', () => {
  let app: Awaited<ReturnType<typeof httpApp>>;
  beforeAll(async () => {
    app = await httpApp({ stable: new FakeModel() });
  });
  afterAll(() => app.close());

  test("answers the predecessor's body with its word, and with all that a decision is", async () => {
    const { status, json } = await app.post('/predict', { ...EXAMPLE_INPUT, ApplicantIncome: 8_300 });
    expect(status).toBe(200);
    expect(json()).toEqual({
      prediction: 'Approved',
      approved: true,
      probability: 0.83,
      reasons: [],
      request_id: expect.any(String),
      decision_id: expect.any(String),
      model: 'loan-eligibility',
      model_version: '7',
      run_id: 'run-7',
      digest: expect.stringMatching(/^sha256:/),
      role: 'stable',
      scored_at: expect.any(String),
    });
  });

  test("takes a stream's record too, and repeats its request id", async () => {
    const { json } = await app.post('/predict', { input: EXAMPLE_INPUT, request_id: 12345 });
    expect(json()).toMatchObject({ prediction: 'Approved', request_id: '12345' });
  });

  test('says Rejected below the threshold', async () => {
    const { json } = await app.post('/predict', { ...EXAMPLE_INPUT, ApplicantIncome: 10 });
    expect(json()).toMatchObject({ prediction: 'Rejected', approved: false, probability: 0.001 });
  });

  test.each([
    ['that is not JSON', '{', 400, { code: 'not_json', message: 'the record is not JSON' }],
    ['that is empty', '', 400, { code: 'not_json', message: 'the record is not JSON' }],
    [
      'whose input is no object',
      { input: 3 },
      400,
      { code: 'invalid_envelope', field: 'input', message: 'input must be an object' },
    ],
    [
      'that says two incomes',
      '{"ApplicantIncome": 1000, "\\u0041pplicantIncome": 9000}',
      400,
      {
        code: 'invalid_envelope',
        field: 'ApplicantIncome',
        message: 'the record has the key "ApplicantIncome" more than once: give each key once',
      },
    ],
    [
      'with an unknown category',
      { ...EXAMPLE_INPUT, Married: 'Maybe' },
      422,
      {
        code: 'unknown_category',
        field: 'Married',
        message: 'Married is "Maybe": it must be one of "No", "Yes"',
      },
    ],
    [
      'above the limit of a record',
      { ...EXAMPLE_INPUT, note: 'x'.repeat(300_000) },
      413,
      { code: 'too_large', message: expect.stringContaining('at most 262144') },
    ],
    [
      'above the limit of any body',
      Buffer.alloc(9_000_000, 'x'),
      413,
      { code: 'too_large', message: expect.stringContaining('more than 8388608 bytes') },
    ],
  ])('refuses a body %s', async (_, body, status, error) => {
    const answer = await app.post('/predict', body);
    expect(answer.json()).toEqual({ error });
    expect(answer.status).toBe(status);
  });

  test('counts requests by route and status, and decisions and rejections as the stream does', async () => {
    await using counted = await httpApp({ stable: new FakeModel() });
    await counted.post('/predict', EXAMPLE_INPUT);
    await counted.post('/predict', '{');
    const { metricsRegistry } = counted;
    const ok = { route: '/predict', method: 'POST', status: '200' };
    await until(
      'the requests are counted',
      async () =>
        (await metricValue(metricsRegistry, 'inference_http_requests_total', { status: '400' })) === 1,
    );
    expect(await metricValue(metricsRegistry, 'inference_http_requests_total', ok)).toBe(1);
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', { decision: 'true' })).toBe(1);
    expect(await metricValue(metricsRegistry, 'inference_rejections_total', { code: 'not_json' })).toBe(1);
  });

  test('is answered 503, with when to come back, while no model is loaded', async () => {
    await using empty = await httpApp();
    const { status, headers, json } = await empty.post('/predict', EXAMPLE_INPUT);
    expect(status).toBe(503);
    expect(headers.get('Retry-After')).toBe('5');
    expect(json()).toEqual({ error: { code: 'no_model', message: 'no model is loaded yet' } });
  });

  test('is answered 500 without internals where the graph fails', async () => {
    const stable = new FakeModel({ failure: 'secret of the graph' });
    await using failing = await httpApp({ stable });
    const { status, text } = await failing.post('/predict', EXAMPLE_INPUT);
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
  });

  test("uses the model's own words where it decides something else", async () => {
    const contract = loanContract();
    const decision = {
      ...contract.decision,
      name: 'churns',
      positiveClass: 'leaves',
      negativeClass: 'stays',
    };
    await using other = await httpApp({ stable: new FakeModel({ contract: { ...contract, decision } }) });
    expect((await other.post('/predict', EXAMPLE_INPUT)).json()).toMatchObject({
      prediction: 'leaves',
      churns: true,
    });
  });
});

describe('requests that arrive together', () => {
  test('are scored in one call each time the graph is free, and each gets its own answer', async () => {
    const gate = Promise.withResolvers<void>();
    const stable = new FakeModel({ gate: gate.promise });
    await using app = await httpApp({ stable });
    const ask = (income: number) =>
      app.post('/predict', { input: { ApplicantIncome: income }, request_id: income });
    const first = ask(100);
    await until('the first is being scored', () => stable.scored.length === 1);
    const others = Array.from({ length: 20 }, (_, index) => ask(1_000 + index));
    await until('the others have arrived', () => app.received() === 21);
    // Answered last, because its body was read last.
    expect((await app.post('/predict', { ApplicantIncome: -1 })).status).toBe(422);
    gate.resolve();
    stable.gate = undefined;
    const answers = await Promise.all([first, ...others]);
    expect(answers.map((answer) => Number(answer.json().request_id))).toEqual([
      100,
      ...others.map((_, index) => 1_000 + index),
    ]);
    expect(answers.map((answer) => answer.json().probability)).toEqual(
      answers.map((answer) => Number(answer.json().request_id) / 10_000),
    );
    expect(stable.scored.reduce((sum, rows) => sum + rows)).toBe(21);
    expect(stable.scored.length).toBeLessThan(6);
  });

  test('and find a graph that fails are all told, and the next are served', async () => {
    const stable = new FakeModel({ failure: 'once' });
    await using app = await httpApp({ stable });
    const statuses = await Promise.all(
      Array.from({ length: 5 }, async () => (await app.post('/predict', EXAMPLE_INPUT)).status),
    );
    expect(statuses).toEqual([500, 500, 500, 500, 500]);
    stable.failure = undefined;
    expect((await app.post('/predict', EXAMPLE_INPUT)).status).toBe(200);
  });

  test('and of which one is more than the graph can take get their answers, but for that one', async () => {
    const gate = Promise.withResolvers<void>();
    const stable = new FakeModel({ gate: gate.promise, failsOn: (income) => income === 4_321 });
    await using app = await httpApp({ stable });
    const ask = (income: number) => app.post('/predict', { ApplicantIncome: income });
    const first = ask(100);
    await until('the first is being scored', () => stable.scored.length === 1);
    const others = [1_000, 4_321, 2_000].map(ask);
    await until('the others have arrived', () => app.received() === 4);
    expect((await app.post('/predict', { ApplicantIncome: -1 })).status).toBe(422);
    gate.resolve();
    const statuses = (await Promise.all([first, ...others])).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 500, 200]);
    const labels = { model_version: '7', role: 'stable' };
    expect(await metricValue(app.metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(1);
  });

  test('during a swap end on the model that took them', async () => {
    const gate = Promise.withResolvers<void>();
    const old = new FakeModel({ version: '7', gate: gate.promise });
    await using app = await httpApp({ stable: old });
    const underWay = app.post('/predict', EXAMPLE_INPUT);
    await until('it is being scored', () => old.scored.length === 1);
    app.router.setStable(new FakeModel({ version: '8' }));
    expect((await app.post('/predict', EXAMPLE_INPUT)).json()).toMatchObject({ model_version: '8' });
    gate.resolve();
    expect((await underWay).json()).toMatchObject({ model_version: '7' });
    await until('the old model is closed', () => old.closed);
  });
});

describe('with a candidate', () => {
  async function appWith(candidate: FakeModel, mode: 'canary' | 'shadow') {
    const app = await httpApp({ stable: new FakeModel(), loadCandidate: async () => candidate });
    const { version, digest } = candidate.identity;
    app.router.setCandidate({ version, digest, mode, weightPercent: mode === 'canary' ? 100 : 0 });
    await until('the candidate is loaded', () => app.router.find(version) !== undefined);
    return app;
  }

  test('in canary its keys are its own', async () => {
    await using app = await appWith(new FakeModel({ version: '8' }), 'canary');
    const { json } = await app.post('/predict', { input: EXAMPLE_INPUT, request_id: 'x' });
    expect(json()).toMatchObject({ model_version: '8', role: 'candidate' });
  });

  test('that fails in canary the stable model answers', async () => {
    await using app = await appWith(new FakeModel({ version: '8', failure: 'no' }), 'canary');
    const { status, json } = await app.post('/predict', { input: EXAMPLE_INPUT, request_id: 'x' });
    expect(status).toBe(200);
    expect(json()).toMatchObject({ model_version: '7', role: 'stable' });
    const labels = { model_version: '8', role: 'candidate' };
    expect(await metricValue(app.metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(1);
  });

  test('in shadow it is asked after the answer, whichever form the body has', async () => {
    const candidate = new FakeModel({ version: '8' });
    await using app = await appWith(candidate, 'shadow');
    expect((await app.post('/predict', EXAMPLE_INPUT)).json()).toMatchObject({ model_version: '7' });
    await app.post('/predict', { input: EXAMPLE_INPUT });
    await until('both are compared', async () => {
      return (
        (await metricValue(app.metricsRegistry, 'inference_shadow_comparisons_total', {
          agreement: 'agree',
        })) === 2
      );
    });
  });
});

interface Prediction {
  readonly model_version: string;
  readonly prediction: { readonly request_id: string };
}

describe("Lambda's event", () => {
  const kinesis = (payload: unknown) => ({
    eventID: 'shardId-000000000000:17',
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/loan-applications',
    kinesis: {
      partitionKey: 'p',
      sequenceNumber: '17',
      data: Buffer.from(JSON.stringify(payload)).toString('base64'),
    },
  });

  test('is answered with the predictions of its good records', async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { status, json } = await app.post('/predict', {
      Records: [kinesis({ input: EXAMPLE_INPUT, request_id: '12345' }), kinesis({ input: { Gender: 1 } })],
    });
    expect(status).toBe(200);
    expect(json()).toMatchObject({
      predictions: [
        {
          model: 'loan-eligibility',
          model_version: '7',
          prediction: { approved: true, request_id: '12345' },
          shard_id: 'shardId-000000000000',
        },
      ],
      rejections: [{ error: { code: 'unknown_category', field: 'Gender' } }],
    });
  });

  /** The members of an event that the predecessor's documentation shows. */
  const minimal = (...payloads: unknown[]) => ({
    Records: payloads.map((payload) => ({
      kinesis: {
        data: Buffer.from(payload instanceof Uint8Array ? payload : JSON.stringify(payload)).toString(
          'base64',
        ),
      },
    })),
  });

  test('of data alone gives every record an id of its own', async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { status, json } = await app.post(
      '/predict',
      minimal({ input: EXAMPLE_INPUT }, { input: EXAMPLE_INPUT }, { input: { Gender: 1 } }, 'x'),
    );
    expect(status).toBe(200);
    const { predictions, rejections } = json();
    const ids = [...predictions, ...rejections].map((it) => it.decision_id);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
    expect(new Set(predictions.map((it: Prediction) => it.prediction.request_id)).size).toBe(2);
  });

  test('of data alone is shared by request id between the stable model and the canary', async () => {
    await using app = await httpApp({
      stable: new FakeModel(),
      loadCandidate: async () => new FakeModel({ version: '8' }),
    });
    app.router.setCandidate({ version: '8', digest: 'sha256:8', mode: 'canary', weightPercent: 50 });
    await until('the candidate is loaded', () => app.router.canary !== undefined);
    const event = minimal(
      ...Array.from({ length: 100 }, (_, index) => ({ input: EXAMPLE_INPUT, request_id: index })),
      ...Array.from({ length: 100 }, () => ({ input: EXAMPLE_INPUT })),
    );
    const { predictions } = (await app.post('/predict', event)).json();
    const versions = predictions.map((it: Prediction) => it.model_version);
    expect(versions.slice(0, 100)).toEqual(
      Array.from({ length: 100 }, (_, index) => (keyShare(String(index)) < 50 ? '8' : '7')),
    );
    expect(new Set(versions.slice(100))).toEqual(new Set(['7', '8']));
  });

  test('has its KPL aggregates opened', async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    const parts = ['a', 'b', 'c'].map((request_id) => ({
      partitionKey: request_id,
      data: Buffer.from(JSON.stringify({ input: EXAMPLE_INPUT, request_id })),
    }));
    const { predictions } = (await app.post('/predict', minimal(kplAggregate(parts)))).json();
    expect(predictions.map((it: Prediction) => it.prediction.request_id)).toEqual(['a', 'b', 'c']);
  });

  test('rejects a KPL aggregate beyond a limit, and decides its neighbours', async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    const application = (request_id: string) => ({ input: EXAMPLE_INPUT, request_id });
    const event = minimal(application('a'), emptyParts(10_001), application('b'));
    const { predictions, rejections } = (await app.post('/predict', event)).json();
    expect(predictions.map((it: Prediction) => it.prediction.request_id)).toEqual(['a', 'b']);
    expect(rejections).toMatchObject([{ error: { code: 'invalid_aggregate' } }]);
  });

  test('is refused as a whole if its aggregates hold more than 100,000 records', async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { status, json } = await app.post('/predict', minimal(...new Array(11).fill(emptyParts(10_000))));
    expect(status).toBe(422);
    expect(json()).toMatchObject({ error: { code: 'invalid_aggregate' } });
  });

  test('rejects the record that the graph fails on, and decides the others', async () => {
    const stable = new FakeModel({ failsOn: (income) => income === 4_321 });
    await using app = await httpApp({ stable });
    const event = minimal(
      ...[9_000, 4_321, 8_000].map((income) => ({
        input: { ...EXAMPLE_INPUT, ApplicantIncome: income },
        request_id: income,
      })),
    );
    const { status, json, text } = await app.post('/predict', event);
    expect(status).toBe(200);
    expect(json().predictions.map((it: Prediction) => it.prediction.request_id)).toEqual(['9000', '8000']);
    expect(json().rejections).toMatchObject([{ request_id: '4321', error: { code: 'retries_exhausted' } }]);
    expect(text).not.toContain('graph cannot take');
    const value = (name: string) => metricValue(app.metricsRegistry, name, { model_version: '7' });
    expect(await value('inference_decisions_total')).toBe(2);
    expect(await value('inference_scoring_errors_total')).toBe(1);
  });

  test('is answered 503 while no model is loaded', async () => {
    await using app = await httpApp();
    expect((await app.post('/predict', minimal({ input: EXAMPLE_INPUT }))).status).toBe(503);
  });

  test.each<[string, unknown, string]>([
    ['whose data is not base64', { kinesis: { data: '%' } }, 'Records.0.kinesis.data'],
    [
      'whose ARN every decision would repeat',
      { eventSourceARN: 'a'.repeat(2_049) },
      'Records.0.eventSourceARN',
    ],
    ['whose shard every decision would repeat', { eventID: 'a'.repeat(257) }, 'Records.0.eventID'],
    [
      'whose key is too long',
      { kinesis: { partitionKey: 'k'.repeat(513) } },
      'Records.0.kinesis.partitionKey',
    ],
    [
      'whose sequence number is too long',
      { kinesis: { sequenceNumber: '1'.repeat(129) } },
      'Records.0.kinesis.sequenceNumber',
    ],
    [
      'whose time of arrival no calendar has',
      { kinesis: { approximateArrivalTimestamp: 1e300 } },
      'Records.0.kinesis.approximateArrivalTimestamp',
    ],
  ])('%s is refused', async (_, change, path) => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { kinesis, ...rest } = change as { kinesis?: object };
    const sent = { ...rest, kinesis: { data: '', ...kinesis } };
    const { status, json } = await app.post('/predict', { Records: [sent] });
    expect(status).toBe(400);
    expect(json().error).toMatchObject({ code: 'invalid_envelope', field: 'Records' });
    expect(json().error.message).toContain(`${path}: `);
  });

  test.each([
    ['that is not JSON', '{"Records": [', 'the event is not JSON'],
    [
      'with more than 400,000 objects',
      `{"Records": [${'{},'.repeat(400_000)}{}]}`,
      'the event has more than 400000 texts, objects and arrays: send less at a time',
    ],
  ])('%s is refused unread', async (_, body, message) => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { status, json } = await app.post('/predict', body);
    expect(json()).toEqual({ error: { code: 'invalid_envelope', field: 'Records', message } });
    expect(status).toBe(400);
  });

  test('that is no event is refused', async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { status, json } = await app.post('/predict', { Records: [{ kinesis: { data: '%' } }] });
    expect(status).toBe(400);
    expect(json()).toMatchObject({ error: { code: 'invalid_envelope', field: 'Records' } });
  });
});
