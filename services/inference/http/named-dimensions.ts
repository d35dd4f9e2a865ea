import type { NamedTensor, TensorSpec } from '../model/graph-signature.ts';
import { InferenceError } from './inference-error.ts';

/**
 * Dimensions to which the graph gives one name must have one length. onnxruntime does not check that, and may repeat a
 * single row instead.
 * @throws InferenceError (400) that names both inputs
 */
export function checkDimensions(specs: readonly TensorSpec[], tensors: readonly NamedTensor[]): void {
  const known = new Map<string, { readonly length: number; readonly input: string }>();
  specs.forEach(({ name: input, dimensionNames }, index) => {
    dimensionNames.forEach((dimension, axis) => {
      if (dimension === undefined) return;
      const length = tensors[index]?.shape[axis] ?? 0;
      const first = known.get(dimension);
      if (first === undefined) known.set(dimension, { length, input });
      else if (first.length !== length) {
        throw new InferenceError(
          400,
          axis === 0
            ? 'the inputs must all have the same first dimension'
            : `input ${input} has ${length} in dimension ${axis}, and input ${first.input} has ${first.length}: they must be equal`,
        );
      }
    });
  });
}
