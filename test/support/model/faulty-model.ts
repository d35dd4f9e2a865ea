import type { ArtifactFiles } from '../../../services/shared/contract/digest.ts';
import {
  parseServingContract,
  type ServingContract,
} from '../../../services/shared/contract/serving-contract.ts';
import { extendOnnx, type Graph } from './onnx-graph.ts';

const TERM = 'Loan_Amount_Term';

/** A term, in months, that no row of the data has. */
export const FAULTY_TERM = 77;

/**
 * The same model, except that scoring fails if Loan_Amount_Term is FAULTY_TERM. No golden sample shows this fault.
 * The term selects a row of a table that has only one row.
 */
export function withFaultyTerm(files: ArtifactFiles): ArtifactFiles {
  const graph = files.get('model.onnx');
  const serving = files.get('serving.json');
  if (!graph || !serving) throw new Error('a model needs model.onnx and serving.json');
  const contract = parseServingContract(new TextDecoder().decode(serving));
  const output = 'guarded_probability';
  const term = termOf(contract);
  const guarded = extendOnnx(graph, {
    inputs: [],
    outputs: [{ name: output, type: 'float32', shape: ['N', 1] }],
    initializers: [
      ...term.initializers,
      { name: 'guard_term', shape: [1], values: [FAULTY_TERM] },
      { name: 'guard_stride', shape: [1], values: [1_000] },
      { name: 'guard_table', shape: [1], values: [0] },
    ],
    nodes: [
      ...term.nodes,
      { operator: 'Equal', inputs: [term.name, 'guard_term'], output: 'guard_hit' },
      { operator: 'Cast', inputs: ['guard_hit'], output: 'guard_number', attributes: { to: { int: 1 } } },
      { operator: 'Mul', inputs: ['guard_number', 'guard_stride'], output: 'guard_scaled' },
      { operator: 'Cast', inputs: ['guard_scaled'], output: 'guard_row', attributes: { to: { int: 7 } } },
      { operator: 'Gather', inputs: ['guard_table', 'guard_row'], output: 'guard_zero' },
      { operator: 'Add', inputs: [contract.output, 'guard_zero'], output },
    ],
  });
  return new Map([
    ...files,
    ['model.onnx', guarded],
    ['serving.json', Buffer.from(JSON.stringify({ ...contract, output }))],
  ]);
}

/** The tensor of the terms: an input of the graph, or a column of its matrix. */
function termOf({
  encoding,
  fields,
}: ServingContract): Pick<Graph, 'nodes' | 'initializers'> & { readonly name: string } {
  if (encoding === undefined) return { name: TERM, nodes: [], initializers: [] };
  const name = 'guard_column';
  const place = fields.findIndex((field) => field.name === TERM);
  return {
    name,
    initializers: [{ name: 'guard_place', type: 'int64', shape: [1], values: [place] }],
    nodes: [
      {
        operator: 'Gather',
        inputs: [encoding.input, 'guard_place'],
        output: name,
        attributes: { axis: { int: 1 } },
      },
    ],
  };
}
