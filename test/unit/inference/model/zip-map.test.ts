import { describe, expect, test } from '@jest/globals';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { bypassZipMaps } from '../../../../services/inference/model/onnx/bypass-zip-maps.ts';
import { readOutline } from '../../../../services/inference/model/onnx/graph-outline.ts';
import type { ServingContract } from '../../../../services/shared/contract/serving-contract.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { FOREIGN_CONTRACT, foreignArtifact } from '../../../support/model/foreign-model.ts';
import { digestOf } from '../../../support/model/loan-model.ts';
import { encodeOnnx, extendOnnx, type Graph } from '../../../support/model/onnx-graph.ts';
import { ZIP_MAP_CLASSIFIERS } from '../../../support/model/zip-map-classifiers.ts';

function load(files: Map<string, Uint8Array>, requireContract = false) {
  const registry = new FakeRegistry();
  registry.add('1', files, { digest: digestOf(files) });
  return loadModel({ registry, name: 'churn', version: '1', requireContract });
}

const FIELDS = ['Credit History', 'Loan-Amount'].map(
  (name) => ({ name, type: 'number', required: true }) as const,
);

describe.each(Object.entries(ZIP_MAP_CLASSIFIERS))('%s of scikit-learn', (_, classifier) => {
  const { graph, rows, probabilities } = classifier;
  const contract: Partial<ServingContract> = {
    output: 'output_probability',
    outputClasses: ['N', 'Y'],
    decision: { ...FOREIGN_CONTRACT.decision, positiveClass: 'Y', negativeClass: 'N' },
    fields: FIELDS,
    golden: rows.map((input, index) => ({ input, probability: probabilities[index] as number })),
  };

  test('decides by the class that its contract names, with the digest of the original bytes', async () => {
    const model = await load(foreignArtifact(graph, contract), true);
    const scores = await model.score(FeatureColumns.fromRows({ fields: FIELDS }, rows), rows.length);
    probabilities.forEach((expected, row) => {
      expect(scores[row]).toBeCloseTo(expected, 6);
    });
    await model.close();
  });

  test('gives probabilities and label on /v2 without a contract', async () => {
    const files = foreignArtifact(graph, undefined);
    files.delete('serving.json');
    const model = await load(files);
    expect(model.signature.outputs).toMatchObject([
      { name: 'output_label', type: 'string', shape: [-1] },
      { name: 'output_probability', type: 'float32', shape: [-1, 2] },
    ]);
    const [label, probability] = await model.infer(
      FIELDS.map(({ name }, index) => ({
        name: model.inputs[index]?.name ?? '',
        type: 'float32',
        shape: [rows.length, 1],
        data: Float32Array.from(rows, (row) => row[name as keyof typeof row]),
      })),
    );
    expect(probability?.shape).toEqual([rows.length, 2]);
    probabilities.forEach((expected, row) => {
      expect(probability?.data[2 * row + 1]).toBeCloseTo(expected, 6);
      expect(label?.data[row]).toBe(expected >= 0.5 ? 'Y' : 'N');
    });
    await model.close();
  });

  test('is refused without outputClasses', async () => {
    const { outputClasses: _classes, ...rest } = contract;
    await expect(load(foreignArtifact(graph, rest))).rejects.toMatchObject({
      reason: 'SignatureMismatch',
      message: expect.stringMatching(/output_probability .*: add outputClasses/),
    });
  });
});

/** Scores go to ZipMap, whose output is `maps`. */
const ZIPPED: Graph = {
  inputs: [{ name: 'scores', type: 'float32', shape: ['N', 3] }],
  outputs: [{ name: 'maps', type: 'float32', shape: [] }],
  initializers: [],
  nodes: [
    {
      operator: 'ZipMap',
      domain: 'ai.onnx.ml',
      inputs: ['scores'],
      output: 'maps',
      attributes: { classlabels_int64s: { ints: [0, 1, 300] } },
    },
  ],
};

async function outputsOf(graph: Uint8Array) {
  const files = foreignArtifact(graph, undefined);
  files.delete('serving.json');
  const model = await load(files);
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const outputs = await model.infer([{ name: 'scores', type: 'float32', shape: [2, 3], data }]);
  await model.close();
  return outputs.map(({ name, shape, data: values }) => ({ name, shape, values: [...values] }));
}

describe('a ZipMap at the end of a graph is bypassed', () => {
  const expected = [{ name: 'maps', shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }];

  test('if the file imports both domains', async () => {
    expect(await outputsOf(encodeOnnx(ZIPPED))).toEqual(expected);
  });

  test('if the file imports the machine-learning operators alone', async () => {
    expect(await outputsOf(encodeOnnx(ZIPPED, ['ai.onnx.ml']))).toEqual(expected);
  });

  test('if the file has the graph in two parts', async () => {
    const { nodes, ...rest } = ZIPPED;
    const empty = { inputs: [], outputs: [], initializers: [], nodes: [] };
    const graph = extendOnnx(encodeOnnx({ ...empty, ...rest }), { ...empty, nodes });
    expect(await outputsOf(graph)).toEqual(expected);
  });
});

test('fields that this release does not know stay in a bypassed graph', () => {
  const unknown = Uint8Array.of(0xfa, 0x3f, 3, 7, 8, 9);
  const bytes = Buffer.concat([encodeOnnx(ZIPPED), unknown]);
  const bypassed = Buffer.from(bypassZipMaps(bytes, readOutline(bytes)));
  expect(bypassed).not.toEqual(bytes);
  expect(bypassed.subarray(-unknown.length)).toEqual(Buffer.from(unknown));
});

test('a graph without such an output keeps its bytes', () => {
  const { nodes } = ZIPPED;
  for (const graph of [
    { ...ZIPPED, nodes: [] },
    { ...ZIPPED, outputs: [] },
    { ...ZIPPED, nodes: nodes.map(({ domain: _domain, ...node }) => node) },
    { ...ZIPPED, nodes: [...nodes, { operator: 'SequenceAt', inputs: ['maps', 'zero'], output: 'map' }] },
  ]) {
    const bytes = encodeOnnx(graph);
    expect(bypassZipMaps(bytes, readOutline(bytes))).toBe(bytes);
  }
});
