import { describe, expect, test } from '@jest/globals';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { Memory } from '../../../../services/inference/model/memory.ts';
import type {
  ContractRow,
  Field,
  ServingContract,
} from '../../../../services/shared/contract/serving-contract.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { FOREIGN_CONTRACT, foreignArtifact } from '../../../support/model/foreign-model.ts';
import {
  digestOf,
  EXAMPLE_INPUT,
  LOAN_FIELDS,
  LOAN_MATRIX,
  loanArtifact,
  loanContract,
  loanGraph,
} from '../../../support/model/loan-model.ts';
import { encodeOnnx, type Graph, type GraphNode } from '../../../support/model/onnx-graph.ts';
import { ZIP_MAP_CLASSIFIERS } from '../../../support/model/zip-map-classifiers.ts';

function load(files: Map<string, Uint8Array>, memory?: Memory) {
  const registry = new FakeRegistry();
  registry.add('7', files);
  return loadModel({
    registry,
    name: 'loan-eligibility',
    version: '7',
    requireContract: true,
    ...(memory ? { memory } : {}),
  });
}

const ROWS: readonly ContractRow[] = [
  EXAMPLE_INPUT,
  { ApplicantIncome: 100 },
  { ...EXAMPLE_INPUT, Gender: null, Property_Area: '', Dependents: '3+', Credit_History: null },
];

describe.each(['nan', 'code'] as const)('a version 2 whose missing categories are %s', (missingCategory) => {
  const contract = loanContract({ missingCategory });

  test('gives the same scores as version 1, from one matrix', async () => {
    const [one, two] = await Promise.all([load(loanArtifact()), load(loanArtifact({ missingCategory }))]);
    const columns = FeatureColumns.fromRows(loanContract(), ROWS);
    const matrix = FeatureColumns.fromRows(contract, ROWS);
    expect([...(await two.score(matrix, 3))]).toEqual([...(await one.score(columns, 3))]);
    expect(await two.inferRows(matrix, 3)).toEqual(await one.inferRows(columns, 3));
    expect(two.signature.inputs).toMatchObject([{ name: LOAN_MATRIX, shape: [-1, LOAN_FIELDS.length] }]);
    await Promise.all([one.close(), two.close()]);
  });

  test('scores a batch larger than one run row by row alike', async () => {
    const model = await load(loanArtifact({ missingCategory }));
    const rows = Array.from({ length: 600 }, (_, index) => ROWS[index % 3] as ContractRow);
    const few = await model.score(FeatureColumns.fromRows(contract, ROWS), 3);
    const many = await model.score(FeatureColumns.fromRows(contract, rows), 600);
    expect([...many]).toEqual(rows.map((_, index) => few[index % 3]));
    await model.close();
  });

  test('has the inputs of version 1, and the digest of its files', async () => {
    const files = loanArtifact({ missingCategory });
    const [one, two] = await Promise.all([load(loanArtifact()), load(files)]);
    expect(two.inputs).toEqual(one.inputs);
    expect(two.identity.digest).toBe(digestOf(files));
    await Promise.all([one.close(), two.close()]);
  });
});

test('the weights of a version 2 may be beside the graph', async () => {
  const graph = loanGraph({ missingCategory: 'nan' });
  const weights = graph.initializers.find(({ name }) => name === 'weights')?.values as readonly number[];
  const initializers = graph.initializers.map((one) =>
    one.name === 'weights' ? { ...one, values: { externalPath: 'weights.data' } } : one,
  );
  const files = loanArtifact({ missingCategory: 'nan' })
    .set('weights.data', new Uint8Array(Float32Array.from(weights).buffer))
    .set('model.onnx', encodeOnnx({ ...graph, initializers }));
  await (await load(files)).close();
});

test('the memory that a version 2 needs includes its copy of the graph', async () => {
  const MIB = 1024 ** 2;
  const memory = { limitBytes: () => 11 * MIB, usedBytes: () => 0 };
  // 4 MiB of weights, of which onnxruntime needs 2.2 times as much.
  const weights = { name: 'table', shape: [MIB], values: new Array<number>(MIB).fill(0.5) };
  const files = (missingCategory: 'nan' | undefined) => {
    const graph = loanGraph({ missingCategory });
    const initializers = [...graph.initializers, weights];
    return loanArtifact({ missingCategory }).set('model.onnx', encodeOnnx({ ...graph, initializers }));
  };
  await (await load(files(undefined), memory)).close();
  await expect(load(files('nan'), memory)).rejects.toMatchObject({
    reason: 'ArtifactTooLarge',
    message: expect.stringMatching(/^loading model.onnx of .* needs about 1[34] MiB, but 11 MiB/),
  });
});

test('the memory that a version 2 needs includes the rows of the check', async () => {
  const memory = { limitBytes: () => 1024 ** 2, usedBytes: () => 0 };
  const files = (values: number) => {
    const contract = loanContract({ missingCategory: 'nan' });
    const fields = contract.fields.map((field) =>
      field.name === 'Gender' && field.type === 'string'
        ? { ...field, values: [...field.values, ...Array.from({ length: values }, (_, at) => `${at}`)] }
        : field,
    );
    return loanArtifact({ missingCategory: 'nan' }).set(
      'serving.json',
      Buffer.from(JSON.stringify({ ...contract, fields })),
    );
  };
  await expect(load(files(0), memory)).resolves.toBeDefined();
  await expect(load(files(9_000), memory)).rejects.toMatchObject({
    reason: 'ArtifactTooLarge',
    message: expect.stringMatching(/^loading model.onnx of .* needs about 2 MiB, but 1 MiB/),
  });
});

const X: readonly Field[] = [
  { name: 'area', type: 'string', required: true, values: ['town', 'village'] },
  { name: 'x', type: 'number', required: true, minimum: 0, maximum: 1 },
];
const MATRIX_CONTRACT: Partial<ServingContract> = {
  schemaVersion: 2,
  encoding: { input: 'rows', missingCategory: 'nan' },
  fields: X,
  golden: [
    { input: { area: 'town', x: 0.25 }, probability: 0.125 },
    { input: { area: 'village', x: 0.5 }, probability: 0.75 },
  ],
};

/** p is the mean of code and x. */
function matrixGraph(width: number | string = 2): Graph {
  const rows = typeof width === 'number' ? width : 2;
  return {
    inputs: [{ name: 'rows', type: 'float32', shape: ['N', width] }],
    outputs: [{ name: 'p', type: 'float32', shape: ['N', 1] }],
    initializers: [{ name: 'half', shape: [rows, 1], values: new Array(rows).fill(0.5) }],
    nodes: [{ operator: 'MatMul', inputs: ['rows', 'half'], output: 'p' }],
  };
}

describe('a graph that takes a matrix', () => {
  test.each([2, 'C'])('of %s columns is served under the names of its fields', async (width) => {
    const model = await load(foreignArtifact(matrixGraph(width), MATRIX_CONTRACT, ['Area', 'x']));
    expect(model.inputs).toMatchObject([
      { name: 'area', type: 'string', shape: [-1, 1] },
      { name: 'x', type: 'float32', shape: [-1, 1] },
    ]);
    const layout = { ...FOREIGN_CONTRACT, ...MATRIX_CONTRACT } as ServingContract;
    const features = FeatureColumns.fromRows(layout, [{ area: 'village', x: 0.25 }]);
    expect([...(await model.score(features, 1))]).toEqual([0.625]);
    await model.close();
  });

  test('is refused if the matrix has another width', async () => {
    await expect(load(foreignArtifact(matrixGraph(3), MATRIX_CONTRACT))).rejects.toMatchObject({
      reason: 'SignatureMismatch',
      message: expect.stringContaining(
        'tensor rows (float32 [N, 3]) should be float32 [N, 2], with a column for each of the 2 fields of serving.json',
      ),
    });
  });

  test('is refused if its input has another name', async () => {
    const encoding = { input: 'x', missingCategory: 'nan' } as const;
    await expect(
      load(foreignArtifact(matrixGraph(), { ...MATRIX_CONTRACT, encoding })),
    ).rejects.toMatchObject({
      reason: 'SignatureMismatch',
      message: expect.stringContaining('encoding.input is x: the graph has no tensor x that is an input'),
    });
  });
});

describe('the front of a graph', () => {
  /** p is the mean of x and the code of area. A missing area has the code -1, as scikit-learn's OrdinalEncoder writes it. */
  function fronted(x: GraphNode): Graph {
    const { nodes, initializers, outputs } = matrixGraph();
    const area: GraphNode = {
      operator: 'LabelEncoder',
      domain: 'ai.onnx.ml',
      inputs: ['area'],
      output: 'code',
      attributes: {
        keys_strings: { strings: ['town', 'village'] },
        values_floats: { floats: [0, 1] },
        default_float: { float: -1 },
      },
    };
    const matrix: GraphNode = {
      operator: 'Concat',
      inputs: ['code', x.output as string],
      output: 'rows',
      attributes: { axis: { int: 1 } },
    };
    return {
      inputs: [
        { name: 'area', type: 'string', shape: ['N', 1] },
        { name: 'x', type: 'float32', shape: ['N', 1] },
      ],
      outputs,
      initializers: [
        ...initializers,
        { name: 'low', shape: [], values: [0.2] },
        { name: 'high', shape: [], values: [0.6] },
      ],
      nodes: [area, x, matrix, ...nodes],
    };
  }
  const plain: GraphNode = { operator: 'Identity', inputs: ['x'], output: 'amount' };
  const clipped = (...bounds: string[]): GraphNode => ({
    ...plain,
    operator: 'Clip',
    inputs: ['x', ...bounds],
  });
  const withX = (change: object) => ({
    ...MATRIX_CONTRACT,
    fields: X.map((field) => (field.name === 'x' ? ({ ...field, ...change } as Field) : field)),
  });

  test('may write anything for a required field that is missing', async () => {
    await (await load(foreignArtifact(fronted(plain), MATRIX_CONTRACT))).close();
  });

  test('must write the code of a missing category if the field is not required', async () => {
    const fields = X.map((field) => ({ ...field, required: false }));
    await expect(load(foreignArtifact(fronted(plain), { ...MATRIX_CONTRACT, fields }))).rejects.toMatchObject(
      {
        message: expect.stringContaining('tensor rows holds -1 for area null, but encoding says NaN'),
      },
    );
  });

  test.each<[string, GraphNode, object, string]>([
    ['its maximum', clipped('', 'high'), {}, 'tensor rows holds 0.6000000238418579 for x 1,'],
    ['its minimum', clipped('low'), {}, 'tensor rows holds 0.20000000298023224 for x 0,'],
    ['a level', clipped('', 'high'), { levels: [0.25, 0.5, 0.75] }, 'holds 0.6000000238418579 for x 0.75,'],
    ['a number without bounds', clipped('', 'high'), { maximum: undefined }, 'for x 3.4028234663852886e+38,'],
  ])('must keep %s, which no golden sample has', async (_, x, change, message) => {
    await expect(load(foreignArtifact(fronted(x), withX(change)))).rejects.toMatchObject({
      reason: 'SignatureMismatch',
      message: expect.stringContaining(message),
    });
  });

  test('is compared at the levels alone', async () => {
    const files = foreignArtifact(fronted(clipped('low', 'high')), withX({ levels: [0.25, 0.5] }));
    await (await load(files)).close();
  });
});

describe.each(Object.entries(ZIP_MAP_CLASSIFIERS))(
  '%s of scikit-learn, cut at its matrix,',
  (_, classifier) => {
    const { graph, rows, probabilities } = classifier;
    const fields = ['Credit History', 'Loan-Amount'].map(
      (name) => ({ name, type: 'number', required: true }) as const,
    );

    test('decides as the whole graph', async () => {
      const model = await load(
        foreignArtifact(
          graph,
          {
            schemaVersion: 2,
            encoding: { input: 'merged_columns', missingCategory: 'nan' },
            output: 'output_probability',
            outputClasses: ['N', 'Y'],
            decision: { ...FOREIGN_CONTRACT.decision, positiveClass: 'Y', negativeClass: 'N' },
            fields,
            golden: rows.map((input, index) => ({ input, probability: probabilities[index] as number })),
          },
          ['Credit History', 'Loan-Amount'],
        ),
      );
      expect(model.inputs).toMatchObject([
        { name: 'Credit History', aliases: ['Credit_History'] },
        { name: 'Loan-Amount', aliases: ['Loan_Amount'] },
      ]);
      expect(model.signature.outputs).toMatchObject([
        { name: 'output_label' },
        { name: 'output_probability' },
      ]);
      await model.close();
    });
  },
);

describe('a version 2 is refused, saying why,', () => {
  function changed(change: (graph: Graph) => Graph): Map<string, Uint8Array> {
    const graph = change(loanGraph({ missingCategory: 'code' }));
    return loanArtifact({ missingCategory: 'code' }).set('model.onnx', encodeOnnx(graph));
  }
  const node = (output: string, change: (node: GraphNode) => GraphNode) => (graph: Graph) => ({
    ...graph,
    nodes: graph.nodes.map((one) => (one.output === output ? change(one) : one)),
  });

  test.each<[string, Map<string, Uint8Array>, string]>([
    [
      'if its graph has other codes',
      changed(
        node('Gender_code', (one) => ({
          ...one,
          attributes: { ...one.attributes, values_floats: { floats: [1, 0] } },
        })),
      ),
      'tensor matrix holds 0 for Gender "Male", but encoding says 1: let the graph make the matrix as encoding says',
    ],
    [
      'if its graph has another code for a missing category',
      changed(
        node('Married_code', (one) => ({
          ...one,
          attributes: { ...one.attributes, default_float: { float: -1 } },
        })),
      ),
      'tensor matrix holds -1 for Married null, but encoding says 2',
    ],
    [
      'if its graph fills a missing number before the matrix',
      changed(
        node('LoanAmount_code', (one) => ({
          ...one,
          operator: 'Imputer',
          domain: 'ai.onnx.ml',
          attributes: {
            imputed_value_floats: { floats: [128] },
            replaced_value_float: { float: Number.NaN },
          },
        })),
      ),
      'tensor matrix holds 128 for LoanAmount null, but encoding says NaN',
    ],
    [
      'if the matrix has another order',
      changed(node(LOAN_MATRIX, (one) => ({ ...one, inputs: one.inputs.toReversed() }))),
      'tensor matrix holds',
    ],
    [
      'if the matrix lacks a field',
      changed(node(LOAN_MATRIX, (one) => ({ ...one, inputs: one.inputs.slice(1) }))),
      'tensor matrix (float32 [N, 10]) should be float32 [N, 11]',
    ],
    [
      'if the output reads a column beside the matrix',
      changed(node('LoanAmount_encoded', (one) => ({ ...one, inputs: ['LoanAmount'] }))),
      'encoding.input is matrix: output probability also depends on input LoanAmount, beside matrix',
    ],
    [
      'if the graph has an input that is no field',
      changed((graph) => ({
        ...graph,
        inputs: [...graph.inputs, { name: 'extra', type: 'float32', shape: ['N', 1] }],
      })),
      'serving.json has no field extra',
    ],
    [
      'if the matrix has doubles',
      changed((graph) => {
        const { nodes, ...rest } = node(LOAN_MATRIX, (one) => ({ ...one, output: 'floats' }))(graph);
        const doubled: GraphNode = {
          operator: 'Cast',
          inputs: ['floats'],
          output: LOAN_MATRIX,
          attributes: { to: { int: 11 } },
        };
        return { ...rest, nodes: [...nodes, doubled] };
      }),
      'tensor matrix (float64 [N, 11]) should be float32',
    ],
  ])('%s', async (_, files, message) => {
    await expect(load(files)).rejects.toMatchObject({
      reason: 'SignatureMismatch',
      message: expect.stringContaining(message),
    });
  });

  test('if a golden sample gives another probability', async () => {
    const contract = loanContract({ missingCategory: 'nan', intercept: 1 });
    const files = loanArtifact({ missingCategory: 'nan' }).set(
      'serving.json',
      Buffer.from(JSON.stringify(contract)),
    );
    await expect(load(files)).rejects.toMatchObject({ reason: 'GoldenSampleMismatch' });
  });

  test('if the part before the matrix cannot be loaded', async () => {
    const files = changed(node('Gender_code', (one) => ({ ...one, operator: 'NoSuchOperator' })));
    await expect(load(files)).rejects.toMatchObject({
      reason: 'InvalidArtifact',
      message: expect.stringContaining('onnxruntime cannot load model.onnx'),
    });
  });
});
