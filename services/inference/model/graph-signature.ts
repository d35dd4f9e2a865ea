import type { InferenceSession } from 'onnxruntime-node';

/** ONNX element types that cross the API. */
const TENSOR_TYPES = ['string', 'float32', 'float64', 'int32', 'int64', 'bool'] as const;
export type TensorType = (typeof TENSOR_TYPES)[number];

export type TensorData = string[] | Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

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
  /** -1: any length. */
  readonly shape: readonly number[];
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
  };
}
