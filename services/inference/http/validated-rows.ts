import type { Decider } from '../decision/score/decider.ts';
import type { NamedTensor } from '../model/graph-signature.ts';
import { InferenceError } from './inference-error.ts';

/**
 * Validates tensors by the contract, row by row, with the same rules as any other input.
 * @throws InferenceError (400) that names row, field, value and rule
 */
export function validatedTensors(
  { decoder, contract }: Decider,
  tensors: readonly NamedTensor[],
): readonly NamedTensor[] {
  const rows = tensors[0]?.shape[0] ?? 0;
  if (tensors.some(({ shape }) => shape[0] !== rows)) {
    throw new InferenceError(400, 'the inputs must all have the same first dimension');
  }
  const features = decoder.columns(rows);
  for (let row = 0; row < rows; row++) {
    const values = Object.fromEntries(tensors.map(({ name, data }) => [name, nullIfNaN(data[row])]));
    const rejection = decoder.decodeFeatures(values, features, row);
    if (rejection) throw new InferenceError(400, `row ${row}: ${rejection.message}`);
  }
  return contract.fields.map((field, index) => ({
    name: field.name,
    type: field.type === 'string' ? 'string' : 'float32',
    shape: [rows, 1],
    data: features.columns[index] as NamedTensor['data'],
  }));
}

/** A missing number stands as NaN in the tensor. */
function nullIfNaN(value: NamedTensor['data'][number] | undefined): unknown {
  return Number.isNaN(value) ? null : value;
}
