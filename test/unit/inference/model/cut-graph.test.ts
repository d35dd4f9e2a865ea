import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { type CutGraph, cutGraph } from '../../../../services/inference/model/onnx/cut-graph.ts';
import { readOutline } from '../../../../services/inference/model/onnx/graph-outline.ts';
import { openSession } from '../../../../services/inference/model/onnx-session.ts';
import { LOAN_FIELDS, LOAN_MATRIX, loanGraph } from '../../../support/model/loan-model.ts';
import { encodeOnnx, extendOnnx, type Graph, type GraphNode } from '../../../support/model/onnx-graph.ts';
import { propertyCases, propertyMilliseconds } from '../../../support/property-cases.ts';

type Values = Readonly<Record<string, readonly number[]>>;

/** Runs a graph on columns of numbers. A matrix is given by rows of `columns` numbers. */
async function run(
  bytes: Uint8Array,
  inputs: Values,
  { columns = 1, externalData = new Map<string, Uint8Array>() } = {},
): Promise<Values> {
  const session = await openSession(bytes, externalData);
  try {
    const feeds = Object.entries(inputs).map(([name, values]) => [
      name,
      new Tensor('float32', Float32Array.from(values), [values.length / columns, columns]),
    ]);
    const outputs = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data }]) => [name, [...(data as Float32Array)]]),
    );
  } finally {
    await session.release();
  }
}

function cut(graph: Graph | Uint8Array, options: Partial<Parameters<typeof cutGraph>[2]> = {}): CutGraph {
  const bytes = graph instanceof Uint8Array ? graph : encodeOnnx(graph);
  return cutGraph(bytes, readOutline(bytes), { tensor: 'm', columns: 1, output: 'p', ...options });
}

function names(bytes: Uint8Array) {
  const { graphs } = readOutline(bytes);
  return {
    inputs: graphs.flatMap((graph) => graph.inputs.map(({ name }) => name)),
    outputs: graphs.flatMap((graph) => graph.outputs.map(({ name }) => name)),
    constants: graphs.flatMap((graph) => graph.initializers.map(({ name }) => name)),
    nodes: graphs.flatMap((graph) => graph.nodes.flatMap(({ outputs }) => outputs)),
    valueInfos: graphs.flatMap(({ valueInfos }) => valueInfos).length,
  };
}

const column = (name: string) => ({ name, type: 'float32', shape: ['N', 1] }) as const;
const constant = (name: string, value: number) => ({ name, shape: [1], values: [value] });

/** m = a + b + two, p = m * three. */
const GRAPH: Graph = {
  inputs: [column('a'), column('b')],
  outputs: [column('p')],
  initializers: [constant('two', 2), constant('three', 3)],
  nodes: [
    { operator: 'Add', inputs: ['a', 'b'], output: 's' },
    { operator: 'Add', inputs: ['s', 'two'], output: 'm' },
    { operator: 'Mul', inputs: ['m', 'three'], output: 'p' },
  ],
  valueInfos: [column('s'), column('m')],
};
const AB = { a: [1, 10], b: [2, 20] };

describe('a graph is cut at a tensor', () => {
  test('into a front that makes the tensor, and a core that begins with the tensor', async () => {
    const { front, core } = cut(GRAPH);
    expect(names(front as Uint8Array)).toEqual({
      inputs: ['a', 'b'],
      outputs: ['m'],
      constants: ['two'],
      nodes: ['s', 'm'],
      valueInfos: 0,
    });
    expect(names(core)).toEqual({
      inputs: ['m'],
      outputs: ['p'],
      constants: ['three'],
      nodes: ['p'],
      valueInfos: 0,
    });
    expect(await run(front as Uint8Array, AB)).toEqual({ m: [5, 32] });
    expect(await run(core, { m: [5, 32] })).toEqual({ p: [15, 96] });
    expect(await run(encodeOnnx(GRAPH), AB)).toEqual({ p: [15, 96] });
  });

  test('and the core declares the width of the tensor', async () => {
    const { core } = cut(loanGraph({ missingCategory: 'nan' }), {
      tensor: LOAN_MATRIX,
      columns: LOAN_FIELDS.length,
      output: 'probability',
    });
    const session = await openSession(core, new Map());
    expect(session.inputMetadata).toMatchObject([
      { name: LOAN_MATRIX, type: 'float32', shape: ['N', LOAN_FIELDS.length] },
    ]);
    await session.release();
  });

  test('also if a constant serves both parts', async () => {
    const nodes = GRAPH.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) => (name === 'three' ? 'two' : name)),
    }));
    const { front, core } = cut({ ...GRAPH, nodes });
    expect(await run(front as Uint8Array, AB)).toEqual({ m: [5, 32] });
    expect(await run(core, { m: [5, 32] })).toEqual({ p: [10, 64] });
  });

  test('also if the file has the graph in two parts, and fields that this release does not know', async () => {
    const { nodes, ...rest } = GRAPH;
    const empty = { inputs: [], outputs: [], initializers: [], nodes: [] };
    const unknown = Uint8Array.of(0xfa, 0x3f, 3, 7, 8, 9);
    const file = Buffer.concat([
      extendOnnx(encodeOnnx({ ...empty, ...rest, nodes: nodes.slice(0, 1) }), {
        ...empty,
        nodes: nodes.slice(1),
      }),
      unknown,
    ]);
    const { front, core } = cut(file);
    for (const part of [front as Uint8Array, core]) {
      expect(Buffer.from(part).subarray(-unknown.length)).toEqual(Buffer.from(unknown));
    }
    expect(await run(front as Uint8Array, AB)).toEqual({ m: [5, 32] });
    expect(await run(core, { m: [5, 32] })).toEqual({ p: [15, 96] });
  });

  test('also if a file of an early version names its constants as inputs', async () => {
    const inputs = [...GRAPH.inputs, ...['two', 'three'].map((name) => ({ ...column(name), shape: [1] }))];
    const { front, core } = cut(encodeOnnx({ ...GRAPH, inputs }, undefined, 3));
    expect(names(front as Uint8Array).inputs).toEqual(['a', 'b', 'two']);
    expect(names(core).inputs).toEqual(['three', 'm']);
    expect(await run(front as Uint8Array, AB)).toEqual({ m: [5, 32] });
    expect(await run(core, { m: [5, 32] })).toEqual({ p: [15, 96] });
  });

  test('and its weights in other files stay there', async () => {
    const initializers = ['two', 'three'].map((name) => ({
      name,
      shape: [1],
      values: { externalPath: `${name}.bin` },
    }));
    const externalData = new Map([
      ['two.bin', new Uint8Array(Float32Array.of(2).buffer)],
      ['three.bin', new Uint8Array(Float32Array.of(3).buffer)],
    ]);
    const { front, core } = cut({ ...GRAPH, initializers });
    expect(await run(front as Uint8Array, AB, { externalData })).toEqual({ m: [5, 32] });
    expect(await run(core, { m: [5, 32] }, { externalData })).toEqual({ p: [15, 96] });
  });

  test('and keeps the sparse constants that it needs', async () => {
    const sparse = ['three', 'unused'].map((name) => ({
      name,
      shape: [1] as const,
      values: [3],
      places: [0],
    }));
    const { core } = cut({ ...GRAPH, initializers: [constant('two', 2)], sparse });
    expect(names(core).constants).toEqual(['three']);
    expect(await run(core, { m: [5, 32] })).toEqual({ p: [15, 96] });
  });

  test('and keeps the outputs that need no other input', async () => {
    const { core } = cut({
      ...GRAPH,
      outputs: ['p', 'm', 'double', 's', 'mixed', 'a', 'two'].map(column),
      nodes: [
        ...GRAPH.nodes,
        { operator: 'Add', inputs: ['p', 'p'], output: 'double' },
        { operator: 'Add', inputs: ['p', 's'], output: 'mixed' },
      ],
    });
    expect(await run(core, { m: [5, 32] })).toEqual({ p: [15, 96], m: [5, 32], double: [30, 192], two: [2] });
  });
});

test('a graph whose only input is the tensor keeps its bytes', () => {
  const bytes = encodeOnnx({ ...GRAPH, inputs: [column('m')], nodes: GRAPH.nodes.slice(2) });
  const { front, core } = cut(bytes);
  expect(front).toBeUndefined();
  expect(core).toBe(bytes);
});

test('inputs beside the tensor that no output needs are left out', async () => {
  const { front, core } = cut({ ...GRAPH, inputs: [column('a'), column('m')], nodes: GRAPH.nodes.slice(2) });
  expect(front).toBeUndefined();
  expect(await run(core, { m: [5] })).toEqual({ p: [15] });
});

describe('a nested graph', () => {
  const condition = { name: 'yes', shape: [1], values: [1] };
  const branch = (inputs: readonly string[]): Graph => ({
    inputs: [],
    outputs: [column('o')],
    initializers: [constant('own', 1)],
    nodes: [
      { operator: 'Add', inputs, output: 'sum' },
      { operator: 'Add', inputs: ['sum', 'own'], output: 'o' },
    ],
  });
  const nested = (inputs: readonly string[]): Graph => ({
    ...GRAPH,
    initializers: [...GRAPH.initializers, condition],
    nodes: [
      ...GRAPH.nodes.slice(0, 2),
      { operator: 'Cast', inputs: ['yes'], output: 'is', attributes: { to: { int: 9 } } },
      {
        operator: 'If',
        inputs: ['is'],
        output: 'p',
        attributes: { then_branch: { graph: branch(inputs) }, else_branch: { graph: branch(['m', 'm']) } },
      },
    ],
  });

  test('keeps the constants that it reads from the graph around it', async () => {
    const { core } = cut(nested(['m', 'three']));
    expect(names(core).constants.sort()).toEqual(['three', 'yes']);
    expect(await run(core, { m: [5, 32] })).toEqual({ p: [9, 36] });
  });

  test('that reads another input depends on that input', () => {
    expect(() => cut(nested(['m', 'a']))).toThrow('output p also depends on input a');
  });

  test.each<[string, Partial<Graph>]>([
    ['a constant', { initializers: [constant('own', 1), constant('a', 4)] }],
    ['an input', { inputs: [column('a')] }],
    [
      'a tensor',
      {
        nodes: [
          { operator: 'Add', inputs: ['m', 'm'], output: 'a' },
          { operator: 'Add', inputs: ['a', 'own'], output: 'o' },
        ],
      },
    ],
  ])('that has %s with the name of an input does not depend on the input', (_, own) => {
    const graph = nested(['m', 'three']);
    const then = { ...branch(['m', 'a']), ...own };
    const nodes = graph.nodes.map((node) =>
      node.output === 'p'
        ? { ...node, attributes: { ...node.attributes, then_branch: { graph: then } } }
        : node,
    );
    expect(names(cut({ ...graph, nodes }).core).inputs).toEqual(['m']);
  });
});

describe('a graph is not cut, and the error says what to do,', () => {
  test.each<[string, Graph, Parameters<typeof cut>[1], string]>([
    [
      'if the output also depends on another input',
      { ...GRAPH, nodes: [...GRAPH.nodes.slice(0, 2), { operator: 'Mul', inputs: ['m', 'b'], output: 'p' }] },
      {},
      'output p also depends on input b, beside m: let the output depend on m alone, or use schemaVersion 1',
    ],
    [
      'if the output does not depend on the tensor',
      { ...GRAPH, outputs: [column('s'), column('p')] },
      { output: 's' },
      'output s also depends on input a, beside m',
    ],
    [
      'if the output depends on another output of the same node',
      {
        ...GRAPH,
        initializers: [{ name: 'pair', shape: [1, 2], values: [1, 2] }],
        nodes: [
          {
            operator: 'Split',
            inputs: ['pair'],
            output: 'm',
            moreOutputs: ['n'],
            attributes: { axis: { int: 1 } },
          },
          { operator: 'Mul', inputs: ['m', 'n'], output: 'p' },
        ],
      },
      {},
      'output p also depends on another output of the node that makes m',
    ],
    [
      'if there is no such tensor',
      GRAPH,
      { tensor: 'x' },
      'the graph has no tensor x that is an input or comes',
    ],
    ['if the tensor is a constant', GRAPH, { tensor: 'two' }, 'the graph has no tensor two that is an input'],
    ['if there is no such output', GRAPH, { output: 'q' }, 'the graph has no output q'],
  ])('%s', (_, graph, options, message) => {
    expect(() => cut(graph, options)).toThrow(message);
  });
});

interface RandomGraph {
  readonly graph: Graph;
  /** Index of the node at whose output the graph is cut. */
  readonly at: number;
}

const INPUTS = ['a', 'b', 'c'];
const CONSTANTS = ['k', 'l'];

/** Graphs of up to twelve nodes, any of which may be nested in an If. */
const randomGraph: fc.Arbitrary<RandomGraph> = fc
  .array(
    fc.record({
      operator: fc.constantFrom('Add', 'Sub', 'Max'),
      left: fc.nat(1000),
      right: fc.nat(1000),
      isNested: fc.boolean(),
      isOutput: fc.boolean(),
    }),
    { minLength: 2, maxLength: 12 },
  )
  .chain((nodes) => fc.record({ nodes: fc.constant(nodes), at: fc.nat(nodes.length - 2) }))
  .map(({ nodes, at }) => ({ graph: graphOf(nodes), at }));

interface RandomNode {
  readonly operator: string;
  readonly left: number;
  readonly right: number;
  readonly isNested: boolean;
  readonly isOutput: boolean;
}

/** A tensor of constants alone has one row, however many rows the inputs have. */
const ownRows = (name: string) => ({ name, type: 'float32', shape: [`rows of ${name}`, 1] }) as const;

function graphOf(nodes: readonly RandomNode[]): Graph {
  const known = [...INPUTS, ...CONSTANTS];
  const made: GraphNode[] = nodes.map(({ operator, left, right, isNested }, index) => {
    // Later tensors are read more often, so that many graphs can be cut.
    const inputs = [left, right].map((place) => [...known, ...CONSTANTS].at(-1 - (place % 6)) as string);
    const output = `n${index}`;
    known.push(output);
    if (!isNested) return { operator, inputs, output };
    const branch = (suffix: string): Graph => ({
      inputs: [],
      outputs: [ownRows(`${output}_${suffix}`)],
      initializers: [],
      nodes: [{ operator, inputs, output: `${output}_${suffix}` }],
    });
    const attributes = { then_branch: { graph: branch('t') }, else_branch: { graph: branch('e') } };
    return { operator: 'If', inputs: ['is'], output, attributes };
  });
  return {
    inputs: INPUTS.map(column),
    outputs: made
      .filter((_, index) => index === made.length - 1 || nodes[index]?.isOutput)
      .map(({ output }) => ownRows(output)),
    initializers: [
      ...[7, -3].map((value, index) => ({
        name: CONSTANTS[index] as string,
        shape: [1, 1],
        values: [value],
      })),
      constant('yes', 1),
    ],
    nodes: [{ operator: 'Cast', inputs: ['yes'], output: 'is', attributes: { to: { int: 9 } } }, ...made],
  };
}

/** Inputs and cut tensor on which a tensor depends, not counting what the cut tensor depends on. */
function sourcesOf(graph: Graph, tensor: string, given: string): Set<string> {
  if (tensor === given || INPUTS.includes(tensor)) return new Set([tensor]);
  const node = graph.nodes.find(({ output }) => output === tensor);
  const nested = node?.attributes?.then_branch;
  const read = nested !== undefined && 'graph' in nested ? (nested.graph.nodes[0]?.inputs ?? []) : [];
  return new Set([...(node?.inputs ?? []), ...read].flatMap((name) => [...sourcesOf(graph, name, given)]));
}

test(
  'front and core together give what the whole graph gives, whatever the graph',
  async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, async ({ graph, at }) => {
        const tensor = `n${at}`;
        const output = graph.outputs.at(-1)?.name as string;
        const bytes = encodeOnnx(graph);
        const sources = sourcesOf(graph, output, tensor);
        const isBeside = INPUTS.some((name) => sources.has(name));
        if (isBeside || !sources.has(tensor)) {
          expect(() => cut(bytes, { tensor, output })).toThrow(
            isBeside ? 'also depends on input' : 'does not depend',
          );
          return;
        }
        const { front, core } = cut(bytes, { tensor, output });
        const rows = { a: [1, 2], b: [30, -4], c: [500, 600] };
        const whole = await run(bytes, rows);
        const matrix = await run(front as Uint8Array, rows);
        const results = await run(core, matrix);
        const kept = graph.outputs
          .map(({ name }) => name)
          .filter((name) => !INPUTS.some((input) => sourcesOf(graph, name, tensor).has(input)));
        expect(Object.keys(results)).toEqual(kept);
        for (const name of kept) expect(results[name]).toEqual(whole[name]);
      }),
      { numRuns: propertyCases(100) },
    );
  },
  propertyMilliseconds(),
);
