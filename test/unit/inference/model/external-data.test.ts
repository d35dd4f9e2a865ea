import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { externalFiles } from '../../../../services/inference/model/onnx/external-files.ts';
import { readOutline } from '../../../../services/inference/model/onnx/graph-outline.ts';
import { artifactDigest } from '../../../../services/shared/contract/digest.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { foreignArtifact, foreignGraph } from '../../../support/model/foreign-model.ts';
import { digestOf } from '../../../support/model/loan-model.ts';
import { encodeOnnx, type Graph } from '../../../support/model/onnx-graph.ts';

function load(files: Map<string, Uint8Array>, digest = digestOf(files)) {
  const registry = new FakeRegistry();
  registry.add('1', files, { digest });
  return loadModel({ registry, name: 'churn', version: '1', requireContract: true });
}

function graphWith(location: string): Graph {
  const graph = foreignGraph();
  const [factor, ...rest] = graph.initializers;
  return {
    ...graph,
    initializers: [
      { name: 'factor', shape: factor?.shape ?? [], values: { externalPath: location } },
      ...rest,
    ],
  };
}

const ONE = new Uint8Array(Float32Array.of(1).buffer);

describe('weights beside the graph', () => {
  test.each([
    'weights.data',
    'a1b2c3d4-0000-11ef-8000-0242ac120002',
    'model.onnx_data',
    'Gewichte für x.bin',
    'parts/a/w.bin',
    '.hidden',
  ])('are read from %s, and the digest covers them', async (name) => {
    const files = foreignArtifact(graphWith(name)).set(name, ONE);
    const model = await load(files);
    expect(model.identity.digest).toBe(digestOf(files));
    await model.close();
    const changed = new Map(files).set(name, new Uint8Array(Float32Array.of(0.5).buffer));
    await expect(load(changed, digestOf(files))).rejects.toMatchObject({ reason: 'DigestMismatch' });
  });

  test('are read by a path with a dot', async () => {
    const model = await load(foreignArtifact(graphWith('./w')).set('w', ONE));
    await model.close();
  });

  test('are not other files, except that the digest still covers every *.data file', async () => {
    const files = foreignArtifact(foreignGraph()).set('unused.data', ONE);
    const model = await load(new Map([...files, ['conda.yaml', ONE]]), digestOf(files));
    expect(model.identity.digest).toBe(
      artifactDigest(new Map([...files].filter(([path]) => path !== 'MLmodel'))),
    );
    await model.close();
  });

  test('that were not uploaded are named', async () => {
    await expect(load(foreignArtifact(graphWith('w.bin')))).rejects.toMatchObject({
      reason: 'ArtifactMissing',
      message: 'churn version 1 has no file w.bin',
    });
  });

  test.each(['../w', 'a/../../w', '/etc/passwd', '\\\\host\\w', 'C:\\w', 'a\\..\\..\\w', '..', ''])(
    'outside of the directory are refused: %j',
    async (location) => {
      await expect(load(foreignArtifact(graphWith(location)).set('w', ONE))).rejects.toMatchObject({
        reason: 'InvalidArtifact',
        message: expect.stringContaining(`${JSON.stringify(location)}, which is not a path below`),
      });
    },
  );

  test('cannot be an address in memory', async () => {
    await expect(load(foreignArtifact(graphWith('*/_ORT_MEM_ADDR_/*')))).rejects.toMatchObject({
      reason: 'ArtifactMissing',
    });
  });

  test('of a nested graph are found', () => {
    const empty = { inputs: [], outputs: [], nodes: [] };
    const inner = { ...empty, initializers: [{ name: 'w', shape: [1], values: { externalPath: 'inner' } }] };
    const middle: Graph = {
      ...inner,
      initializers: [],
      nodes: [{ operator: 'If', inputs: ['c'], output: 'o', attributes: { then_branch: { graph: inner } } }],
    };
    const outer: Graph = {
      ...graphWith('outer'),
      nodes: [{ operator: 'If', inputs: ['c'], output: 'o', attributes: { else_branch: { graph: middle } } }],
    };
    const found = externalFiles(readOutline(encodeOnnx(outer)), 'sub/model.onnx');
    expect(Object.fromEntries(found)).toEqual({ outer: 'sub/outer', inner: 'sub/inner' });
  });
});
