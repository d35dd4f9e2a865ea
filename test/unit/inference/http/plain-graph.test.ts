import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { type Model, ScoringError } from '../../../../services/inference/model/model.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT, LOAN_FIELDS, loanArtifact } from '../../../support/model/loan-model.ts';
import type { Graph } from '../../../support/model/onnx-graph.ts';
import { plainModel } from '../../../support/model/plain-model.ts';

const INFER = '/v2/models/loan-eligibility/infer';

/** One node over its inputs. */
function nodeGraph(
  operator: string,
  inputs: Graph['inputs'],
  output: Omit<Graph['outputs'][number], 'name'>,
  more: Partial<Graph & { attributes: Graph['nodes'][number]['attributes'] }> = {},
): Graph {
  const { initializers = [], attributes = {} } = more;
  const names = [...initializers, ...inputs].map(({ name }) => name);
  return {
    inputs,
    outputs: [{ name: 'y', ...output }],
    initializers,
    nodes: [{ operator, inputs: names, output: 'y', attributes }],
  };
}

const vector = (name: string, type: 'float32' | 'int64' = 'float32') => ({ name, type, shape: [''] });
const sent = (name: string, shape: readonly number[], data: unknown, datatype = 'FP32') => ({
  name,
  datatype,
  shape,
  data,
});

const identity = nodeGraph('Identity', [vector('a')], vector('y'));

describe('inputs of a graph without contract', () => {
  test('may be scalars, beside inputs with rows', async () => {
    const product = nodeGraph('Mul', [{ ...vector('a'), shape: [] }, vector('b')], vector('y'));
    await using app = await httpApp({ stable: await plainModel(product) });
    for (const scalar of [[3], 3]) {
      const { status, json } = await app.post(INFER, {
        inputs: [sent('a', [], scalar), sent('b', [2], [1, 2])],
      });
      expect(status).toBe(200);
      expect(json().outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [2], data: [3, 6] }]);
    }
    expect((await app.post(INFER, { inputs: [sent('a', [], []), sent('b', [1], [1])] })).json()).toEqual({
      error: 'input a has 0 values: its shape [] needs 1',
    });
  });

  test('may have different first dimensions if the graph gives them no common name', async () => {
    const joined = nodeGraph('Concat', [vector('a'), vector('b')], vector('y'), {
      attributes: { axis: { int: 0 } },
    });
    await using app = await httpApp({ stable: await plainModel(joined) });
    const { json } = await app.post(INFER, { inputs: [sent('a', [2], [1, 2]), sent('b', [1], [3])] });
    expect(json().outputs[0].data).toEqual([1, 2, 3]);
  });

  test('must be equally long if the graph says so, even if onnxruntime would repeat a row', async () => {
    const named = (name: string) => ({ ...vector(name), shape: ['N'] });
    await using app = await httpApp({
      stable: await plainModel(nodeGraph('Add', [named('a'), named('b')], vector('y'))),
    });
    const answer = await app.post(INFER, { inputs: [sent('a', [2], [1, 2]), sent('b', [1], [3])] });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ error: 'the inputs must all have the same first dimension' });
  });

  test('have no dimension that the graph would have to make room for beside a dimension of 0', async () => {
    const sum = nodeGraph('ReduceSum', [{ ...vector('a'), shape: ['', ''] }], vector('y'), {
      attributes: { keepdims: { int: 0 } },
    });
    await using app = await httpApp({ stable: await plainModel(sum) });
    for (const shape of [
      [0, 2 ** 40],
      [0, Number.MAX_SAFE_INTEGER],
    ]) {
      const { status, json } = await app.post(INFER, { inputs: [sent('a', shape, [])] });
      expect(status).toBe(400);
      expect(json().error).toBe(
        `input a has shape [${shape}]: apart from zeros its dimensions may multiply to at most 8388608`,
      );
    }
    expect(await app.post(INFER, { inputs: [sent('a', [0, 3], [])] })).toMatchObject({ status: 200 });
  });

  test('may have a fixed first dimension above the limit of rows', async () => {
    const fixed = nodeGraph('Identity', [{ ...vector('a'), shape: [2000] }], {
      ...vector('y'),
      shape: [2000],
    });
    await using app = await httpApp({ stable: await plainModel(fixed) });
    const answer = await app.post(INFER, { inputs: [sent('a', [2000], new Array(2000).fill(1))] });
    expect(answer.status).toBe(200);
  });
});

test('an answer has at most 4,194,304 values, whatever the graph makes of the inputs', async () => {
  const repeated = nodeGraph('Expand', [vector('a'), vector('s', 'int64')], vector('y'));
  await using app = await httpApp({ stable: await plainModel(repeated) });
  const repeat = (times: number) =>
    app.post(INFER, {
      parameters: { binary_data_output: true },
      inputs: [sent('a', [1], [1]), sent('s', [1], [times], 'INT64')],
    });
  expect((await repeat(4_194_304)).status).toBe(200);
  const { status, json } = await repeat(4_194_305);
  expect(status).toBe(400);
  expect(json().error).toBe(
    'the answer would have 4194305 values, and may have at most 4194304: send fewer rows, or ask for fewer outputs',
  );
});

describe('values in JSON', () => {
  const identityOf = (type: 'float32' | 'int64' | 'uint64' | 'int8' | 'float16' | 'bool') =>
    plainModel(nodeGraph('Identity', [{ name: 'a', type, shape: [''] }], { type, shape: [''] }));

  test('may have bare NaN, which is null like a missing number', async () => {
    await using app = await httpApp({ stable: await identityOf('float32') });
    const { status, json } = await app.post(
      INFER,
      '{"inputs": [{"name": "a", "datatype": "FP32", "shape": [4], "data": [NaN, 1, null, NaN]}], "id": "NaN"}',
    );
    expect(status).toBe(200);
    expect(json()).toMatchObject({ id: 'NaN', outputs: [{ data: [null, 1, null, null] }] });
  });

  test.each([
    ['true and false', [true, false, 1, 0]],
    ['0 and 1', [1, 0, 1, 0]],
  ])('may be %s for BOOL', async (_, data) => {
    await using app = await httpApp({ stable: await identityOf('bool') });
    const { json } = await app.post(INFER, { inputs: [sent('a', [4], data, 'BOOL')] });
    expect(json().outputs[0].data).toEqual([true, false, true, false]);
  });

  test.each<[Parameters<typeof identityOf>[0], string, string, string]>([
    ['bool', 'BOOL', '2', 'true, false, 0 or 1'],
    ['bool', 'BOOL', 'null', 'true, false, 0 or 1'],
    ['int8', 'INT8', '128', 'a whole number of type INT8'],
    ['int8', 'INT64', '128', 'a whole number of type INT8'],
    ['int8', 'FP32', '0.5', 'a whole number of type INT8'],
    ['int8', 'INT8', 'null', 'a whole number of type INT8'],
    ['int8', 'INT8', '"1"', 'a whole number of type INT8'],
    ['int64', 'INT64', '9223372036854775808', 'a whole number of type INT64'],
    ['int64', 'INT64', '9.2233720368547758e18', 'a whole number of type INT64'],
    ['uint64', 'UINT64', '-1', 'a whole number of type UINT64'],
    ['uint64', 'UINT64', '18446744073709551616', 'a whole number of type UINT64'],
    ['float32', 'INT32', '1.5', 'a whole number of type INT32'],
    ['float32', 'FP32', '1e39', 'a number of type FP32'],
    ['float32', 'FP64', '1e999', 'a number'],
    ['float16', 'FP16', '65520', 'a number of type FP16'],
    ['float32', 'FP32', '[1]', 'a number of type FP32'],
    ['float32', 'FP32', 'true', 'a number of type FP32'],
  ])('are refused for %s, sent as %s: %s', async (type, datatype, text, rule) => {
    await using app = await httpApp({ stable: await identityOf(type) });
    const { status, json } = await app.post(
      INFER,
      `{"inputs": [{"name": "a", "datatype": "${datatype}", "shape": [1], "data": [${text}]}]}`,
    );
    expect(status).toBe(400);
    expect(json().error).toMatch(/^input a holds .*: it must be /);
    expect(json().error.split(': it must be ')[1]).toBe(rule);
  });

  test('are refused as BF16, which is for binary data', async () => {
    await using app = await httpApp({ stable: await identityOf('float32') });
    const answer = await app.post(INFER, { inputs: [sent('a', [1], [1], 'BF16')] });
    expect(answer.status).toBe(400);
    expect(answer.json().error).toBe(
      'input a has datatype BF16 in JSON: send BF16 as binary data, or another datatype',
    );
  });

  test('with long whole numbers are limited, because each costs a call', async () => {
    await using app = await httpApp({ stable: await identityOf('int64') });
    const data = `9007199254740993,${'1,'.repeat(400_000)}1`;
    const { status, json } = await app.post(
      INFER,
      `{"inputs": [{"name": "a", "datatype": "INT64", "shape": [400002], "data": [${data}]}]}`,
    );
    expect(status).toBe(400);
    expect(json().error).toMatch(/^the request has whole numbers of 16 digits and more than 400000 values/);
  });
});

describe('optional members of a request', () => {
  const input = sent('a', [1], [1]);

  test('count as absent if they are null', async () => {
    await using app = await httpApp({ stable: await plainModel(identity) });
    const { status, json } = await app.post(INFER, {
      id: null,
      parameters: null,
      outputs: null,
      inputs: [{ ...input, parameters: { binary_data_size: null, shared_memory_region: null } }],
    });
    expect(status).toBe(200);
    expect(json()).toEqual({
      model_name: 'loan-eligibility',
      model_version: '7',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [1] }],
    });
    const outputs = [{ name: 'y', parameters: { binary_data: null, classification: null } }];
    expect(await app.post(INFER, { inputs: [input], outputs })).toMatchObject({ status: 200 });
    expect((await app.post(INFER, { inputs: [input], outputs: [] })).json().outputs).toHaveLength(1);
  });

  test('may be unknown', async () => {
    await using app = await httpApp({ stable: await plainModel(identity) });
    const parameters = { content_type: 'np', priority: 1, headers: { a: 'b' } };
    const body = { model_name: 'x', parameters, inputs: [{ ...input, parameters }] };
    expect(await app.post(INFER, body)).toMatchObject({ status: 200 });
  });

  test('an id is answered as it is, up to 65,536 characters', async () => {
    await using app = await httpApp({ stable: await plainModel(identity) });
    for (const id of ['', 'é\u0000"', 'i'.repeat(65_536)]) {
      expect((await app.post(INFER, { id, inputs: [input] })).json().id).toBe(id);
    }
    const { status, json } = await app.post(INFER, { id: 'i'.repeat(65_537), inputs: [input] });
    expect(status).toBe(400);
    expect(json()).toEqual({ error: 'id: Too big: expected string to have <=65536 characters' });
  });
});

describe('values that only the graph can refuse', () => {
  const table = { name: 'table', shape: [3], values: [1, 2, 3] };

  test.each<[string, Graph, object[], string]>([
    [
      'an index above the table',
      nodeGraph('Gather', [vector('i', 'int64')], vector('y'), { initializers: [table] }),
      [sent('i', [1], [3], 'INT64')],
      'the graph refuses the inputs at a node Gather: indices element out of data bounds, idx=3 must be within the inclusive range [-3,2]',
    ],
    [
      'an index below the table',
      nodeGraph('GatherElements', [vector('i', 'int64')], vector('y'), { initializers: [table] }),
      [sent('i', [1], [-4], 'INT64')],
      'the graph refuses the inputs at a node GatherElements',
    ],
    [
      'lengths that do not fit',
      nodeGraph('Add', [vector('a'), vector('b')], vector('y')),
      [sent('a', [2], [1, 2]), sent('b', [3], [1, 2, 3])],
      'the graph refuses the inputs at a node Add',
    ],
    [
      'a shape that the values do not have',
      nodeGraph('Reshape', [vector('a'), vector('s', 'int64')], vector('y')),
      [sent('a', [2], [1, 2]), sent('s', [1], [3], 'INT64')],
      'the graph refuses the inputs at a node Reshape',
    ],
  ])('are the fault of the client: %s', async (_, graph, inputs, error) => {
    await using app = await httpApp({ stable: await plainModel(graph) });
    const { status, json } = await app.post(INFER, { inputs });
    expect(json().error).toContain(error);
    expect(status).toBe(400);
  });

  test('are the fault of the server if memory is short', async () => {
    const cause = new Error(
      'Non-zero status code returned while running Add node. Failed to allocate memory',
    );
    await using app = await httpApp({ stable: await failing(plainModel(identity), cause) });
    const answer = await app.post(INFER, { inputs: [sent('a', [1], [1])] });
    expect(answer.status).toBe(500);
  });

  test('are the fault of the client whatever the node is called', async () => {
    const cause = new Error(
      "Non-zero status code returned while running Gather node. Name:'/memory/alloc/Gather' Status Message: indices element out of data bounds",
    );
    await using app = await httpApp({ stable: await failing(plainModel(identity), cause) });
    const answer = await app.post(INFER, { inputs: [sent('a', [1], [1])] });
    expect(answer.status).toBe(400);
    expect(answer.json().error).toContain('indices element out of data bounds');
  });

  test.each([
    [1, 500, 'which has validated them', 'it failed'],
    [0, 400, 'but for a request without rows', 'the graph refuses the inputs at a node Gather: no'],
  ])('behind a contract, %s rows are answered with %s, %s', async (rows, expected, _, error) => {
    const cause = new Error('Non-zero status code returned while running Gather node. Status Message: no');
    const registry = new FakeRegistry();
    registry.add('7', loanArtifact());
    const loan = loadModel({ registry, name: 'loan-eligibility', version: '7', requireContract: true });
    await using app = await httpApp({ stable: await failing(loan, cause) });
    const inputs = LOAN_FIELDS.map(({ name, type }) => {
      const value = EXAMPLE_INPUT[name as keyof typeof EXAMPLE_INPUT];
      return sent(name, [rows, 1], new Array(rows).fill(value), type === 'string' ? 'BYTES' : 'FP32');
    });
    const { status, json } = await app.post(INFER, { inputs });
    expect(json()).toEqual({ error });
    expect(status).toBe(expected);
  });
});

async function failing(model: Promise<Model>, cause: Error): Promise<Model> {
  const infer = () => Promise.reject(new ScoringError('it failed', { cause }));
  return Object.assign(await model, { infer, inferRows: infer });
}
