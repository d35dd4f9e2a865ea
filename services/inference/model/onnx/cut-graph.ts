import { type Edit, editGraphs } from './edit-graphs.ts';
import type { GraphOutline, ModelOutline, Range, ValueOutline } from './graph-outline.ts';
import { field, floatMatrix } from './message-writer.ts';
import { GRAPH, VALUE_INFO } from './onnx-fields.ts';
import { type Sources, TensorFlow } from './tensor-flow.ts';

/** A graph in two parts. Each is an ONNX file of its own. */
export interface CutGraph {
  /** From the inputs to the tensor. Undefined if the tensor is itself an input. */
  readonly front: Uint8Array | undefined;
  /** From the tensor, its only input, to the outputs. */
  readonly core: Uint8Array;
}

export interface CutOptions {
  /** Tensor at which the graph is cut. */
  readonly tensor: string;
  /** Columns of the tensor. */
  readonly columns: number;
  /** Output that the core must have. The core also has each other output that needs no other input. */
  readonly output: string;
}

/** The graph cannot be cut there. */
export class CutError extends Error {
  override readonly name = 'CutError';
}

const NOTHING = new Uint8Array();

/**
 * Cuts a graph at a tensor. All bytes that both parts can keep are kept. Weights in other files stay there.
 * @throws CutError that says what to do
 */
export function cutGraph(bytes: Uint8Array, { graphs }: ModelOutline, options: CutOptions): CutGraph {
  const { tensor, columns, output } = options;
  const constants = new Set(graphs.flatMap(({ initializers }) => initializers.map(({ name }) => name)));
  // A file of an early version names its constants as inputs too.
  const inputs = graphs
    .flatMap((graph) => graph.inputs.map(({ name }) => name))
    .filter((name) => !constants.has(name));
  if (inputs.length === 1 && inputs[0] === tensor) return { front: undefined, core: bytes };

  const flow = new TensorFlow(graphs);
  const maker = flow.maker(tensor);
  if (maker === undefined && !inputs.includes(tensor)) {
    throw new CutError(
      `the graph has no tensor ${tensor} that is an input or comes from a node: name the tensor that holds the matrix`,
    );
  }
  const others = inputs.filter((name) => name !== tensor);
  const beside = flow.resultsOf([...others, ...(maker?.outputs ?? [])], tensor);
  const outputs = graphs.flatMap((graph) => graph.outputs.map(({ name }) => name));
  if (!outputs.includes(output)) throw new CutError(`the graph has no output ${output}`);
  if (beside.has(output)) throw new CutError(besideAdvice(options, flow.sourcesOf([output], tensor), others));

  const kept = outputs.filter((name) => !beside.has(name));
  const input = maker === undefined ? NOTHING : floatMatrix(GRAPH.input, tensor, columns);
  const below = flow.sourcesOf(kept, tensor);
  if (!flow.sourcesOf([output], tensor).names.has(tensor)) {
    throw new CutError(
      `output ${output} does not depend on it: name the tensor from which the output is computed`,
    );
  }
  const core = cutPart(bytes, graphs, below, {
    inputs: ({ name }) => name === tensor || (constants.has(name) && below.names.has(name)),
    outputs: ({ name }) => !beside.has(name),
    added: input,
  });
  if (maker === undefined) return { front: undefined, core };
  const above = flow.sourcesOf([tensor]);
  const front = cutPart(bytes, graphs, above, {
    inputs: ({ name }) => !constants.has(name) || above.names.has(name),
    outputs: () => false,
    added: field(GRAPH.output, field(VALUE_INFO.name, Buffer.from(tensor))),
  });
  return { front, core };
}

interface Part {
  readonly inputs: (input: ValueOutline) => boolean;
  readonly outputs: (output: ValueOutline) => boolean;
  /** An input or an output at the end of the graph. */
  readonly added: Uint8Array;
}

/** The file with the nodes and constants of `sources` alone. */
function cutPart(
  bytes: Uint8Array,
  graphs: readonly GraphOutline[],
  { nodes, names }: Sources,
  { inputs, outputs, added }: Part,
): Uint8Array {
  const removed: Range[] = graphs.flatMap((graph) => [
    ...graph.nodes.filter((node) => !nodes.has(node)),
    ...graph.initializers.filter(({ name }) => !names.has(name)),
    ...graph.inputs.filter((input) => !inputs(input)),
    ...graph.outputs.filter((output) => !outputs(output)),
    // onnxruntime finds types and shapes itself. Those of removed tensors would name what is not there.
    ...graph.valueInfos,
  ]);
  const end = graphs.at(-1)?.message.end ?? 0;
  const edits: Edit[] = removed.map(({ start, end }) => ({ start, end, replacement: NOTHING }));
  return editGraphs(bytes, graphs, [...edits, { start: end, end, replacement: added }]);
}

function besideAdvice({ tensor, output }: CutOptions, { names }: Sources, others: readonly string[]): string {
  const other = others.find((name) => names.has(name));
  return other === undefined
    ? `output ${output} also depends on another output of the node that makes ${tensor}: let the output depend on ${tensor} alone`
    : `output ${output} also depends on input ${other}, beside ${tensor}: let the output depend on ${tensor} alone, or use schemaVersion 1`;
}
