import type { InferenceSession } from 'onnxruntime-node';

/** ONNX element types that cross the API. */
const TENSOR_TYPES = [
  'string',
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'float32',
  'float64',
] as const;
export type TensorType = (typeof TENSOR_TYPES)[number];

/** Values of one tensor. A bool is a `Uint8Array` of 0 and 1. */
export type TensorData =
  | string[]
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array;

export interface NamedTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: TensorData;
}

export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  /** -1: any length. Empty for a scalar, and for a tensor of any rank: onnxruntime does not tell which. */
  readonly shape: readonly number[];
  /** Name of each dimension that has a name. Dimensions of one name must have one length. */
  readonly dimensionNames: readonly (string | undefined)[];
  /** Other names under which a client may send the input. */
  readonly aliases?: readonly string[];
}

/** Inputs and outputs of the graph, as the graph declares them. */
export interface GraphSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** @throws Error that names an input or output which is not a tensor, or whose type no client can send */
export function graphSignature(session: InferenceSession): GraphSignature {
  return {
    inputs: session.inputMetadata.map(tensorSpec),
    // The map output of a classifier (ZipMap) is not a tensor, so it is left out.
    outputs: session.outputMetadata.filter((output) => output.isTensor).map(tensorSpec),
  };
}

function tensorSpec(value: InferenceSession.ValueMetadata): TensorSpec {
  if (!value.isTensor) throw new Error(`${value.name} is not a tensor`);
  const type = TENSOR_TYPES.find((candidate) => candidate === value.type);
  if (type === undefined) throw new Error(`${value.name} has the unsupported element type ${value.type}`);
  return {
    name: value.name,
    type,
    shape: value.shape.map((dimension) => (typeof dimension === 'number' ? dimension : -1)),
    dimensionNames: value.shape.map((dimension) =>
      typeof dimension === 'string' && dimension !== '' ? dimension : undefined,
    ),
  };
}
