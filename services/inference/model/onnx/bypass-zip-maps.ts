import { type Edit, editGraphs } from './edit-graphs.ts';
import type { ModelOutline, NodeOutline } from './graph-outline.ts';
import { field, floatMatrix, varintField } from './message-writer.ts';
import { GRAPH, MODEL, NODE, OPSET } from './onnx-fields.ts';

/** Every version of the default operators from this one on has Identity for tensors. */
const IDENTITY_OPSET = 8;

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
  const edited = editGraphs(bytes, graphs, edits(graphs, zipMaps));
  // A graph of machine-learning operators alone does not import the domain of Identity.
  return domains.some((domain) => domain === '' || domain === 'ai.onnx')
    ? edited
    : Buffer.concat([edited, field(MODEL.opsetImport, varintField(OPSET.version, IDENTITY_OPSET))]);
}

function edits(graphs: ModelOutline['graphs'], zipMaps: ReadonlyMap<string, NodeOutline>): Edit[] {
  return graphs.flatMap(({ nodes, outputs }) => [
    ...nodes
      .filter((node) => zipMaps.get(node.outputs[0] ?? '') === node)
      .map((node) => ({ start: node.start, end: node.end, replacement: identity(node) })),
    ...outputs.flatMap(({ name, start, end }) => {
      const node = zipMaps.get(name);
      return node === undefined
        ? []
        : [{ start, end, replacement: floatMatrix(GRAPH.output, name, classes(node)) }];
    }),
  ]);
}

/** Number of class labels. Undefined if the node names none. */
function classes({ attributes }: NodeOutline): number | undefined {
  return attributes.find(({ name }) => name.startsWith('classlabels_'))?.labels || undefined;
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
