import type { TensorType } from '../model/graph-signature.ts';

/** Names of the element types in the Open Inference Protocol. */
export const DATATYPES = {
  string: 'BYTES',
  float32: 'FP32',
  float64: 'FP64',
  int32: 'INT32',
  int64: 'INT64',
  bool: 'BOOL',
} as const satisfies Record<TensorType, string>;

const BY_NAME = new Map(
  Object.entries(DATATYPES).map(([type, name]) => [name as string, type as TensorType]),
);

export function tensorTypeOf(datatype: string): TensorType | undefined {
  return BY_NAME.get(datatype);
}
