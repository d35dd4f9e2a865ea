import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { Model } from '../../../../services/inference/model/model.ts';
import { metricValue } from '../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import {
  EXAMPLE_INPUT,
  expectedProbability,
  LOAN_FIELDS,
  loanArtifact,
} from '../../../support/model/loan-model.ts';
import { encodeOnnx } from '../../../support/model/onnx-graph.ts';
import { until } from '../../../support/until.ts';

const MODEL = '/v2/models/loan-eligibility';

function load(files: Map<string, Uint8Array>): Promise<Model> {
  const registry = new FakeRegistry();
  registry.add('7', files);
  return loadModel({ registry, name: 'loan-eligibility', version: '7', requireContract: false });
}

/** One tensor for each field, as a client sends them. */
function tensors(rows: readonly Readonly<Record<string, unknown>>[]) {
  return LOAN_FIELDS.map(({ name, type }) => ({
    name,
    datatype: type === 'string' ? 'BYTES' : 'FP64',
    shape: [rows.length, 1],
    data: rows.map((row) => row[name] ?? null),
  }));
}

describe('a model with a contract', () => {
  let app: Awaited<ReturnType<typeof httpApp>>;
  beforeAll(async () => {
    app = await httpApp({ stable: await load(loanArtifact()) });
  });
  afterAll(() => app.close());

  test('has a live and ready server with metadata', async () => {
    expect((await app.call('/v2')).json()).toEqual({
      name: 'loan-eligibility-inference',
      version: '1.2.3',
      extensions: ['binary_tensor_data', 'model_configuration', 'model_repository', 'statistics'],
    });
    expect((await app.call('/v2/health/live')).json()).toEqual({ live: true });
    expect((await app.call('/v2/health/ready')).json()).toEqual({ ready: true });
  });

  test('describes its inputs and outputs', async () => {
    const metadata = (await app.call(MODEL)).json();
    expect(metadata).toMatchObject({ name: 'loan-eligibility', versions: ['7'], platform: 'onnx_onnxv1' });
    expect(metadata.inputs).toContainEqual({ name: 'Gender', datatype: 'BYTES', shape: [-1, 1] });
    expect(metadata.inputs).toContainEqual({ name: 'LoanAmount', datatype: 'FP32', shape: [-1, 1] });
    expect(metadata.outputs).toEqual([{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }]);
    expect((await app.call(`${MODEL}/versions/7`)).json()).toEqual(metadata);
  });

  test('says of each version whether it is loaded here', async () => {
    expect((await app.call(`${MODEL}/ready`)).json()).toMatchObject({
      name: 'loan-eligibility',
      ready: true,
    });
    expect((await app.call(`${MODEL}/versions/7/ready`)).status).toBe(200);
    expect(await app.call(`${MODEL}/versions/8/ready`)).toMatchObject({ status: 404 });
    expect(await app.call('/v2/models/other/ready')).toMatchObject({ status: 404 });
  });

  test('infers by name, missing values as null', async () => {
    const rows = [EXAMPLE_INPUT, { ApplicantIncome: 100 }];
    const { status, json } = await app.post(`${MODEL}/infer`, { id: 'r1', inputs: tensors(rows) });
    expect(status).toBe(200);
    const answer = json();
    expect(answer).toMatchObject({
      model_name: 'loan-eligibility',
      model_version: '7',
      id: 'r1',
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [2, 1] }],
    });
    rows.forEach((row, index) => {
      expect(answer.outputs[0].data[index]).toBeCloseTo(expectedProbability(row), 5);
    });
  });

  test('takes columns as vectors and nested data, and gives the outputs that are asked for', async () => {
    const inputs = tensors([EXAMPLE_INPUT]).map((tensor, index) =>
      index % 2 === 0 ? { ...tensor, shape: [1] } : { ...tensor, data: [tensor.data] },
    );
    const { json } = await app.post(`${MODEL}/versions/7/infer`, {
      inputs,
      outputs: [{ name: 'probability' }],
    });
    expect(json().outputs[0].data[0]).toBeCloseTo(expectedProbability(EXAMPLE_INPUT), 5);
  });

  const change = (name: string, fields: object) =>
    tensors([EXAMPLE_INPUT]).map((tensor) => (tensor.name === name ? { ...tensor, ...fields } : tensor));

  test.each([
    ['no JSON', '{', 'the request is not JSON'],
    [
      'more than 400,000 arrays',
      `{"inputs": ${'['.repeat(400_001)}`,
      'the request has more than 400000 texts, objects and arrays: send less at a time',
    ],
    [
      'more than 1,000 outputs, without looking at each',
      { inputs: tensors([EXAMPLE_INPUT]), outputs: new Array(300_000).fill(1) },
      'outputs: Too big: expected array to have <=1000 items',
    ],
    ['no inputs', {}, 'inputs: Invalid input: expected array, received undefined'],
    ['an input too few', { inputs: tensors([EXAMPLE_INPUT]).slice(1) }, 'input Gender is missing'],
    [
      'an unknown input',
      { inputs: [...tensors([EXAMPLE_INPUT]), { name: 'Age', datatype: 'FP32', shape: [1], data: [1] }] },
      'the model has no input "Age"',
    ],
    [
      'an input twice',
      { inputs: [...tensors([EXAMPLE_INPUT]), ...tensors([EXAMPLE_INPUT])] },
      'input "Gender" is given more than once',
    ],
    [
      'another datatype',
      { inputs: change('Gender', { datatype: 'FP32' }) },
      'input Gender has datatype "FP32": it must be BYTES',
    ],
    [
      'a text in a number',
      { inputs: change('LoanAmount', { data: ['x'] }) },
      'input LoanAmount holds "x": it must be a number',
    ],
    [
      'another shape',
      { inputs: change('LoanAmount', { shape: [1, 2], data: [1, 2] }) },
      'input LoanAmount has shape [1,2]: it must be [-1,1]',
    ],
    [
      'too few values',
      { inputs: change('LoanAmount', { shape: [2, 1] }) },
      'input LoanAmount has 1 values: its shape [2,1] needs 2',
    ],
    [
      'inputs of different lengths',
      { inputs: change('LoanAmount', { shape: [2, 1], data: [1, 2] }) },
      'the inputs must all have the same first dimension',
    ],
    [
      'too many rows',
      { inputs: tensors(Array(1_025).fill(EXAMPLE_INPUT)) },
      'input Gender has 1025 rows: a request may have at most 1024',
    ],
    [
      'a value that the contract refuses',
      { inputs: tensors([EXAMPLE_INPUT, { ...EXAMPLE_INPUT, Gender: 'x' }]) },
      'row 1: Gender is "x": it must be one of "Female", "Male"',
    ],
    [
      'an unknown output',
      { inputs: tensors([EXAMPLE_INPUT]), outputs: [{ name: 'label' }] },
      'the model has no output label',
    ],
  ])('refuses %s', async (_, body, error) => {
    const answer = await app.post(`${MODEL}/infer`, body);
    expect(answer.json()).toEqual({ error });
    expect(answer.status).toBe(400);
  });
});

describe('a request that is not read', () => {
  test.each<[string, number, RequestInit, string]>([
    ['is too large', 413, { body: Buffer.alloc(9_000_000, 'x') }, 'the body has more than 8388608 bytes'],
    ['cannot be unpacked', 400, { body: 'x', headers: { 'Content-Encoding': 'gzip' } }, 'Bad Request'],
    [
      'is packed as nobody knows',
      415,
      { body: 'x', headers: { 'Content-Encoding': 'zip' } },
      'unsupported content encoding "zip"',
    ],
  ])("as it %s is answered in the protocol's form, and counted", async (_, expected, init, error) => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { status, json } = await app.call(`${MODEL}/infer`, { method: 'POST', ...init });
    expect(json()).toEqual({ error });
    expect(status).toBe(expected);
    const labels = { route: '/v2/models/infer', method: 'POST', status: String(expected) };
    await until(
      'the request is counted',
      async () => (await metricValue(app.metricsRegistry, 'inference_http_requests_total', labels)) === 1,
    );
  });

  test("an unknown path is answered in the protocol's form", async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    const { status, json } = await app.call('/v2/trace/setting');
    expect(json()).toEqual({ error: 'no such path' });
    expect(status).toBe(404);
  });
});

describe('a model without serving.json', () => {
  /** y = 2 a + 3 b over one matrix, logged with named columns. */
  function matrixArtifact(columns: readonly string[]): Map<string, Uint8Array> {
    const signature = JSON.stringify(columns.map((name) => ({ type: 'float', name, required: true })));
    return new Map([
      ['MLmodel', Buffer.from(`flavors: {onnx: {data: model.onnx}}\nsignature: {inputs: '${signature}'}\n`)],
      [
        'model.onnx',
        encodeOnnx({
          inputs: [{ name: 'X', type: 'float32', shape: ['N', 2] }],
          outputs: [{ name: 'y', type: 'float32', shape: ['N', 1] }],
          initializers: [{ name: 'weights', shape: [2, 1], values: [2, 3] }],
          nodes: [{ operator: 'MatMul', inputs: ['X', 'weights'], output: 'y' }],
        }),
      ],
    ]);
  }

  test('takes the columns of its signature where its graph takes a matrix', async () => {
    await using app = await httpApp({ stable: await load(matrixArtifact(['a', 'b'])) });
    expect((await app.call(MODEL)).json().inputs).toEqual([
      { name: 'a', datatype: 'FP32', shape: [-1, 1] },
      { name: 'b', datatype: 'FP32', shape: [-1, 1] },
    ]);
    const { json } = await app.post(`${MODEL}/infer`, {
      inputs: [
        { name: 'b', datatype: 'FP32', shape: [2], data: [10, 20] },
        { name: 'a', datatype: 'INT64', shape: [2, 1], data: [1, 2] },
      ],
    });
    expect(json().outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [2, 1], data: [32, 64] }]);
  });

  test('takes its tensor where it was logged without columns', async () => {
    await using app = await httpApp({ stable: await load(matrixArtifact([])) });
    const { json } = await app.post(`${MODEL}/infer`, {
      inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 2], data: [[1, 1]] }],
    });
    expect(json().outputs[0].data).toEqual([5]);
  });

  test('cannot decide, and says so', async () => {
    await using app = await httpApp({ stable: await load(matrixArtifact([])) });
    const { status, json } = await app.post('/predict', EXAMPLE_INPUT);
    expect(status).toBe(503);
    expect(json().error.message).toBe(
      'loan-eligibility version 7 has no serving.json: only /v2 inference works without it',
    );
  });
});

describe('a model that is not there yet', () => {
  test('is neither ready nor asked', async () => {
    await using app = await httpApp();
    expect((await app.call('/v2/health/ready')).status).toBe(503);
    expect((await app.call(`${MODEL}/ready`)).status).toBe(503);
    expect((await app.call(MODEL)).status).toBe(503);
    const { status, json } = await app.post(`${MODEL}/infer`, { inputs: [] });
    expect(status).toBe(503);
    expect(json()).toEqual({ error: 'loan-eligibility is not loaded yet' });
  });

  test('is loading as a candidate until it is loaded, or failed', async () => {
    const loading = Promise.withResolvers<Model>();
    await using app = await httpApp({ stable: new FakeModel(), loadCandidate: () => loading.promise });
    app.router.setCandidate({ version: '8', digest: 'sha256:8', mode: 'shadow', weightPercent: 0 });
    expect(await app.call(`${MODEL}/versions/8/ready`)).toMatchObject({ status: 503 });
    loading.reject(new Error('the digest is another'));
    await loading.promise.catch(() => {});
    const { status, json } = await app.call(`${MODEL}/versions/8/ready`);
    expect(status).toBe(503);
    expect(json()).toMatchObject({ state: 'failed', reason: 'the digest is another' });
  });
});
