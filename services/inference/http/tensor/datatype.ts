import type { TensorData, TensorType } from '../../model/graph-signature.ts';

/** Names of the element types in the Open Inference Protocol. */
export const DATATYPES = {
  string: 'BYTES',
  bool: 'BOOL',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
} as const satisfies Record<TensorType, string>;

/** A datatype that a client may send. No graph takes BF16, so its values become those of another type. */
export type Datatype = (typeof DATATYPES)[TensorType] | 'BF16';

const NAMES: ReadonlySet<string> = new Set([...Object.values(DATATYPES), 'BF16']);

export function isDatatype(name: string): name is Datatype {
  return NAMES.has(name);
}

/** Bytes of an element in binary data. BYTES has none: each text has its own length. */
export const ELEMENT_BYTES = {
  BOOL: 1,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
} as const satisfies Record<Exclude<Datatype, 'BYTES'>, number>;

/** Least and greatest value of an integer type. */
export const INTEGER_RANGES = {
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
  INT32: [-0x80000000, 0x7fffffff],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  UINT32: [0, 0xffffffff],
  UINT64: [0n, 2n ** 64n - 1n],
} as const;

export function isIntegerDatatype(datatype: Datatype): datatype is keyof typeof INTEGER_RANGES {
  return datatype in INTEGER_RANGES;
}

/** Values of a type whose elements have a fixed size. */
export type NumericData = Exclude<TensorData, string[]>;

/** Types whose elements have a fixed size. */
export type NumericType = Exclude<TensorType, 'string'>;

const ARRAYS = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float16: Float16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Zeros of that type. */
export function zeros(type: NumericType, length: number): NumericData {
  return new ARRAYS[type](length);
}

/** The bytes of little-endian elements as numbers. The length must be a multiple of the element's size. */
export function elementsOf(type: NumericType, bytes: Uint8Array): NumericData {
  // A copy starts at an offset that every type may start at.
  return new ARRAYS[type](new Uint8Array(bytes).buffer);
}
