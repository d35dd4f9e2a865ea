import type { ArtifactFiles } from '../../../services/shared/contract/digest.ts';
import { parseServingContract } from '../../../services/shared/contract/serving-contract.ts';
import { extendOnnx } from './onnx-graph.ts';

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
  const guarded = extendOnnx(graph, {
    inputs: [],
    outputs: [{ name: output, type: 'float32', shape: ['N', 1] }],
    initializers: [
      { name: 'guard_term', shape: [1], values: [FAULTY_TERM] },
      { name: 'guard_stride', shape: [1], values: [1_000] },
      { name: 'guard_table', shape: [1], values: [0] },
    ],
    nodes: [
      { operator: 'Equal', inputs: ['Loan_Amount_Term', 'guard_term'], output: 'guard_hit' },
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
