import protobuf from 'protobufjs/minimal.js';
import { LENGTH_DELIMITED, VARINT } from '../../../shared/message-reader.ts';
import type { GraphOutline, ModelOutline, NodeOutline, Range } from './graph-outline.ts';
import { DIMENSION, GRAPH, MODEL, NODE, OPSET, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from './onnx-fields.ts';

const FLOAT = 1;
/** Every version of the default operators from this one on has Identity for tensors. */
const IDENTITY_OPSET = 8;

interface Edit extends Range {
  readonly replacement: Uint8Array;
}

/**
 * A scikit-learn classifier gives its probabilities through ZipMap: a sequence of maps, which onnxruntime-node cannot
 * return. Here each such output becomes the tensor [N, C] that ZipMap reads, under the same name. All other bytes are kept.
 * @returns `bytes` itself if the graph has no such output
 */
export function bypassZipMaps(bytes: Uint8Array, { graphs, domains }: ModelOutline): Uint8Array {
  const consumed = new Set(graphs.flatMap(({ nodes }) => nodes.flatMap(({ inputs }) => inputs)));
  const outputs = new Set(graphs.flatMap((graph) => graph.outputs.map(({ name }) => name)));
  const zipMaps = new Map(
    graphs
      .flatMap(({ nodes }) => nodes)
      .filter(({ operator, domain }) => operator === 'ZipMap' && domain === 'ai.onnx.ml')
      .flatMap((node) => node.outputs.slice(0, 1).map((output) => [output, node] as const))
      // Another node that reads the maps could not read a tensor.
      .filter(([output]) => outputs.has(output) && !consumed.has(output)),
  );
  if (zipMaps.size === 0) return bytes;
  const pieces: Uint8Array[] = [];
  let position = 0;
  for (const graph of graphs) {
    pieces.push(bytes.subarray(position, graph.start), ...editedGraph(bytes, graph, zipMaps));
    position = graph.end;
  }
  pieces.push(bytes.subarray(position));
  // A graph of machine-learning operators alone does not import the domain of Identity.
  if (!domains.some((domain) => domain === '' || domain === 'ai.onnx')) {
    pieces.push(field(MODEL.opsetImport, varintField(OPSET.version, IDENTITY_OPSET)));
  }
  return Buffer.concat(pieces);
}

function editedGraph(
  bytes: Uint8Array,
  graph: GraphOutline,
  zipMaps: ReadonlyMap<string, NodeOutline>,
): Uint8Array[] {
  const edits: Edit[] = [
    ...graph.nodes
      .filter((node) => zipMaps.get(node.outputs[0] ?? '') === node)
      .map((node) => ({ start: node.start, end: node.end, replacement: identity(node) })),
    ...graph.outputs.flatMap(({ name, start, end }) => {
      const node = zipMaps.get(name);
      return node === undefined ? [] : [{ start, end, replacement: tensorOutput(name, classes(node)) }];
    }),
  ].sort((one, other) => one.start - other.start);
  const pieces: Uint8Array[] = [];
  let position = graph.message.start;
  for (const { start, end, replacement } of edits) {
    pieces.push(bytes.subarray(position, start), replacement);
    position = end;
  }
  pieces.push(bytes.subarray(position, graph.message.end));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [header(MODEL.graph, length), ...pieces];
}

/** Number of class labels. */
function classes({ attributes }: NodeOutline): number {
  return attributes.find(({ name }) => name.startsWith('classlabels_'))?.labels ?? 0;
}

function identity({ inputs, outputs }: NodeOutline): Uint8Array {
  const [input = '', output = ''] = [inputs[0], outputs[0]];
  return field(
    GRAPH.node,
    Buffer.concat([
      field(NODE.input, Buffer.from(input)),
      field(NODE.output, Buffer.from(output)),
      field(NODE.operator, Buffer.from('Identity')),
    ]),
  );
}

function tensorOutput(name: string, columns: number): Uint8Array {
  const dimension = (content: Uint8Array) => field(SHAPE.dimension, content);
  const shape = Buffer.concat([
    dimension(field(DIMENSION.parameter, Buffer.from('N'))),
    dimension(columns > 0 ? varintField(DIMENSION.value, columns) : new Uint8Array()),
  ]);
  const tensor = Buffer.concat([
    varintField(TENSOR_TYPE.elementType, FLOAT),
    field(TENSOR_TYPE.shape, shape),
  ]);
  return field(
    GRAPH.output,
    Buffer.concat([
      field(VALUE_INFO.name, Buffer.from(name)),
      field(VALUE_INFO.type, field(TYPE.tensor, tensor)),
    ]),
  );
}

function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([header(number, content.length), content]);
}

function header(number: number, length: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(number * 8 + LENGTH_DELIMITED)
    .uint32(length)
    .finish();
}

function varintField(number: number, value: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(number * 8 + VARINT)
    .uint32(value)
    .finish();
}
