import { totalmem } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { type Memory, processMemory } from '../../../../services/inference/model/memory.ts';
import { readOutline } from '../../../../services/inference/model/onnx/graph-outline.ts';
import { loadingCostBytes } from '../../../../services/inference/model/onnx/loading-cost.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { foreignArtifact, foreignGraph } from '../../../support/model/foreign-model.ts';
import { encodeOnnx, type Graph, type GraphNode } from '../../../support/model/onnx-graph.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

function memoryOf(limitBytes: number, usedBytes = 0): Memory {
  return { limitBytes: () => limitBytes, usedBytes: () => usedBytes };
}

class CountingRegistry extends FakeRegistry {
  readonly downloaded: string[] = [];

  override async downloadArtifact(name: string, version: string, path: string): Promise<Uint8Array> {
    this.downloaded.push(path);
    return super.downloadArtifact(name, version, path);
  }
}

async function load(files: Map<string, Uint8Array>, memory: Memory, registry = new CountingRegistry()) {
  registry.add('1', files);
  return loadModel({ registry, name: 'churn', version: '1', requireContract: true, memory });
}

describe('a version is refused with both figures', () => {
  test('if its files exceed the memory, before they are downloaded', async () => {
    const registry = new CountingRegistry();
    const files = foreignArtifact(foreignGraph()).set('w.data', new Uint8Array(3 * MIB));
    await expect(load(files, memoryOf(10 * MIB, 8 * MIB), registry)).rejects.toMatchObject({
      reason: 'ArtifactTooLarge',
      message:
        'the download of churn version 1 needs about 4 MiB, but 2 MiB of the memory limit of 10 MiB are free: raise the limit of the container, or register a smaller model',
    });
    expect(registry.downloaded).toEqual(['MLmodel']);
  });

  test('if weights that the graph names exceed the memory, before they are downloaded', async () => {
    const registry = new CountingRegistry();
    const graph = foreignGraph();
    const initializers = [{ name: 'factor', shape: [1], values: { externalPath: 'w' } }];
    const files = foreignArtifact({ ...graph, initializers }).set('w', new Uint8Array(3 * MIB));
    await expect(load(files, memoryOf(10 * MIB, 8 * MIB), registry)).rejects.toThrow('needs about 3 MiB');
    expect(registry.downloaded).toEqual(['MLmodel', 'model.onnx']);
  });

  test('if loading would exceed the memory', async () => {
    const graph = foreignGraph();
    const initializers = [
      ...graph.initializers,
      { name: 'shape', type: 'int64', shape: [2], values: [1, 1e9] } as const,
    ];
    const nodes = [...graph.nodes, { operator: 'Expand', inputs: ['one', 'shape'], output: 'wide' }];
    await expect(
      load(foreignArtifact({ ...graph, initializers, nodes }), memoryOf(GIB)),
    ).rejects.toMatchObject({
      reason: 'ArtifactTooLarge',
      message: expect.stringMatching(
        /^loading model.onnx of churn version 1 needs about 8\d\d\d MiB, but 1024 MiB/,
      ),
    });
  });
});

test('a version that fits is loaded', async () => {
  const model = await load(foreignArtifact(foreignGraph()), memoryOf(GIB, 900 * MIB));
  await model.close();
});

test('the limit is that of the cgroup, or all memory', () => {
  expect(processMemory.limitBytes()).toBeGreaterThan(processMemory.usedBytes());
  expect(processMemory.limitBytes()).toBeLessThanOrEqual(totalmem());
});

/** Estimate for a graph with the nodes, over constants. */
function cost(nodes: readonly GraphNode[], initializers: Graph['initializers']): number {
  const graph = encodeOnnx({ inputs: [], outputs: [], initializers, nodes });
  return loadingCostBytes(graph.length, readOutline(graph));
}

function ints(name: string, ...values: number[]): Graph['initializers'][number] {
  return { name, type: 'int64', shape: [values.length], values };
}

function node(operator: string, inputs: readonly string[], attributes?: GraphNode['attributes']): GraphNode {
  return { operator, inputs, output: 'out', ...(attributes ? { attributes } : {}) };
}

const FLOAT = { name: 'one', shape: [1], values: [1] };
const WIDE = 1e9;

describe('the estimate of memory knows a small graph that grows while it loads', () => {
  test.each<[string, GraphNode[], Graph['initializers']]>([
    ['ConstantOfShape', [node('ConstantOfShape', ['s'])], [ints('s', 1e5, 1e4)]],
    ['Expand of a constant', [node('Expand', ['one', 's'])], [FLOAT, ints('s', WIDE)]],
    ['Expand of an input', [node('Expand', ['x', 's'])], [ints('s', WIDE)]],
    ['Tile', [node('Tile', ['one', 's'])], [FLOAT, ints('s', WIDE)]],
    ['Range', [node('Range', ['a', 'b', 'c'])], [ints('a', 0), ints('b', WIDE), ints('c', 1)]],
    ['Range downwards', [node('Range', ['b', 'a', 'c'])], [ints('a', 0), ints('b', WIDE), ints('c', -1)]],
    [
      'a shape from a Constant',
      [
        { operator: 'Constant', inputs: [], output: 's', attributes: { value_ints: { ints: [1e5, 1e4] } } },
        node('ConstantOfShape', ['s']),
      ],
      [],
    ],
    [
      'a shape that is computed',
      [
        { operator: 'Mul', inputs: ['s', 's'], output: 'square' },
        { operator: 'Concat', inputs: ['square', 's'], output: 'shape' },
        node('ConstantOfShape', ['shape']),
      ],
      [ints('s', 1000)],
    ],
    [
      'a broadcast of a row and a column',
      [
        { operator: 'ConstantOfShape', inputs: ['row'], output: 'r' },
        { operator: 'ConstantOfShape', inputs: ['column'], output: 'c' },
        node('Sub', ['r', 'c']),
      ],
      [ints('row', 1, 40_000), ints('column', 40_000, 1)],
    ],
    [
      'a product of a column and a row',
      [
        { operator: 'ConstantOfShape', inputs: ['row'], output: 'r' },
        { operator: 'ConstantOfShape', inputs: ['column'], output: 'c' },
        node('MatMul', ['c', 'r']),
      ],
      [ints('row', 1, 40_000), ints('column', 40_000, 1)],
    ],
    [
      'a mask of a row against itself as a column',
      [
        { operator: 'ConstantOfShape', inputs: ['n'], output: 'r' },
        { operator: 'Cos', inputs: ['r'], output: 'cos' },
        { operator: 'Unsqueeze', inputs: ['cos'], output: 'row', attributes: { axes: { ints: [0] } } },
        { operator: 'Unsqueeze', inputs: ['cos', 'last'], output: 'column' },
        node('Mul', ['row', 'column']),
      ],
      [ints('n', 40_000), ints('last', -1)],
    ],
    [
      'a column plus itself transposed',
      [
        { operator: 'ConstantOfShape', inputs: ['column'], output: 'c' },
        { operator: 'Transpose', inputs: ['c'], output: 't', attributes: { perm: { ints: [1, 0] } } },
        node('Add', ['c', 't']),
      ],
      [ints('column', 40_000, 1)],
    ],
    [
      'a column plus itself reshaped',
      [
        { operator: 'ConstantOfShape', inputs: ['column'], output: 'c' },
        { operator: 'Reshape', inputs: ['c', 'flat'], output: 't' },
        node('Greater', ['c', 't']),
      ],
      [ints('column', 40_000, 1), ints('flat', 1, -1)],
    ],
    [
      'a column plus itself squeezed',
      [
        { operator: 'ConstantOfShape', inputs: ['column'], output: 'c' },
        { operator: 'Squeeze', inputs: ['c'], output: 't' },
        node('Where', ['c', 't', 'c']),
      ],
      [ints('column', 40_000, 1)],
    ],
    [
      'Gemm of a column and itself',
      [
        { operator: 'ConstantOfShape', inputs: ['column'], output: 'c' },
        node('Gemm', ['c', 'c'], { transB: { int: 1 } }),
      ],
      [ints('column', 40_000, 1)],
    ],
    [
      'a shape that is gathered',
      [
        { operator: 'Shape', inputs: ['w'], output: 's' },
        { operator: 'Gather', inputs: ['s', 'both'], output: 'picked' },
        { operator: 'Mul', inputs: ['picked', 'thousand'], output: 'shape' },
        node('ConstantOfShape', ['shape']),
      ],
      [
        { name: 'w', shape: [40, 1], values: Array(40).fill(1) },
        ints('both', 0, -2),
        ints('thousand', 10_000),
      ],
    ],
    ['dims without values', [], [{ name: 'w', shape: [1e5, 1e5], values: [] }]],
    ['texts without values', [], [{ name: 'w', type: 'string', shape: [1e8], values: [] }]],
    [
      'a nested graph',
      [
        node('If', ['condition'], {
          then_branch: {
            graph: { inputs: [], outputs: [], initializers: [], nodes: [node('ConstantOfShape', ['s'])] },
          },
        }),
      ],
      [ints('s', WIDE)],
    ],
  ])('%s', (_, nodes, initializers) => {
    expect(cost(nodes, initializers)).toBeGreaterThan(4e9);
  });

  test('and one that does not', () => {
    expect(cost([node('Expand', ['one', 's'])], [FLOAT, ints('s', 1, 3)])).toBeLessThan(MIB);
  });

  test('whatever the dimensions are', () => {
    for (const values of [[-1], [0], [-1, 1e18], [1e18, 1e18, 1e18], []]) {
      const estimate = cost([node('ConstantOfShape', ['s'])], [ints('s', ...values)]);
      expect(estimate).toBeGreaterThan(0);
    }
  });
});
