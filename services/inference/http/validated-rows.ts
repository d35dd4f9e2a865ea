import type { Decider } from '../decision/score/decider.ts';
import type { FeatureColumns } from '../model/feature-columns.ts';
import type { NamedTensor } from '../model/graph-signature.ts';
import { InferenceError } from './inference-error.ts';

export interface ValidatedRows {
  /** In the layout of the graph. */
  readonly features: FeatureColumns;
  readonly count: number;
}

/**
 * Validates columns by the contract, row by row, with the same rules as any other input.
 * @throws InferenceError (400) that names row, field, value and rule
 */
export function validatedRows({ decoder }: Decider, tensors: readonly NamedTensor[]): ValidatedRows {
  const count = tensors[0]?.shape[0] ?? 0;
  if (tensors.some(({ shape }) => shape[0] !== count)) {
    throw new InferenceError(400, 'the inputs must all have the same first dimension');
  }
  const features = decoder.columns(count);
  for (let row = 0; row < count; row++) {
    const values = Object.fromEntries(tensors.map(({ name, data }) => [name, nullIfNaN(data[row])]));
    const rejection = decoder.decodeFeatures(values, features, row);
    if (rejection) throw new InferenceError(400, `row ${row}: ${rejection.message}`);
  }
  return { features, count };
}

/** A missing number stands as NaN in the tensor. */
function nullIfNaN(value: NamedTensor['data'][number] | undefined): unknown {
  return Number.isNaN(value) ? null : value;
}
