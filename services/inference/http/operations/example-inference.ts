import type { ServingContract } from '../../../shared/contract/serving-contract.ts';

/** A body of inference with one golden row of the model. */
export function exampleInference({ fields, golden: [row] }: ServingContract): unknown {
  return {
    inputs: fields.map(({ name, type }) => ({
      name,
      datatype: type === 'string' ? 'BYTES' : 'FP32',
      shape: [1, 1],
      data: [row?.input[name] ?? null],
    })),
  };
}
