import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readOutline } from '../../../../services/inference/model/onnx/graph-outline.ts';
import { loadingCostBytes } from '../../../../services/inference/model/onnx/loading-cost.ts';
import { MalformedMessage } from '../../../../services/shared/message-reader.ts';
import { loanGraph } from '../../../support/model/loan-model.ts';
import { encodeOnnx, type Graph } from '../../../support/model/onnx-graph.ts';

/** Estimate for any bytes. Undefined if they are no ONNX file. */
function estimate(bytes: Uint8Array): number | undefined {
  try {
    return loadingCostBytes(bytes.length, readOutline(bytes));
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

test('any bytes have an outline or are malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => (estimate(bytes) ?? 0) >= 0),
    { numRuns: 1000 },
  );
});

test('a graph with a changed byte has an outline or is malformed', () => {
  const graph = encodeOnnx(loanGraph());
  fc.assert(
    fc.property(fc.nat(graph.length - 1), fc.nat(255), (position, byte) => {
      const changed = Uint8Array.from(graph);
      changed[position] = byte;
      return (estimate(changed) ?? 0) >= 0;
    }),
    { numRuns: 1000 },
  );
});

test('a graph of two million empty nodes is malformed, and costs little to read', () => {
  const nodes = Buffer.alloc(4_000_000);
  for (let at = 0; at < nodes.length; at += 2) nodes[at] = 0x0a;
  const length = [0x80 | (nodes.length & 0x7f), 0x80 | ((nodes.length >> 7) & 0x7f)];
  const header = Uint8Array.of(0x3a, ...length, 0x80 | ((nodes.length >> 14) & 0x7f), nodes.length >> 21);
  expect(() => readOutline(Buffer.concat([header, nodes]))).toThrow('more than 500000 parts');
});

test('graphs nested without end are malformed', () => {
  const empty = { inputs: [], outputs: [], initializers: [] };
  let graph: Graph = { ...empty, nodes: [] };
  for (let depth = 0; depth < 30; depth++) {
    const attributes = { body: { graph } };
    graph = { ...empty, nodes: [{ operator: 'Loop', inputs: [], output: 'o', attributes }] };
  }
  expect(() => readOutline(encodeOnnx(graph))).toThrow('nested more than 24 deep');
});

test('a node of 200,000 inputs is estimated', () => {
  const inputs = new Array<string>(200_000).fill('one');
  const initializers = [{ name: 'one', shape: [1], values: [1] }];
  for (const operator of ['Add', 'Concat', 'Sum']) {
    const nodes = [{ operator, inputs, output: 'o' }];
    expect(estimate(encodeOnnx({ inputs: [], outputs: [], initializers, nodes }))).toBeGreaterThan(0);
  }
});
