import type { GraphSignature, NamedTensor, TensorData, TensorSpec } from './graph-signature.ts';

/** Columns of one matrix have the same number of rows, whatever the graph calls that dimension. */
export const ROWS = 'rows';

/** A graph whose only input is a matrix, from a model that was logged with named columns. */
export interface ColumnMatrix {
  readonly input: TensorSpec;
  /** Columns `[N, 1]`, in the order of the matrix. */
  readonly columns: readonly TensorSpec[];
}

/** Undefined if the graph's inputs are those of the signature. */
export function columnMatrix(
  { inputs }: GraphSignature,
  columns: readonly string[],
): ColumnMatrix | undefined {
  const [input, ...others] = inputs;
  const isMatrix =
    input !== undefined &&
    others.length === 0 &&
    input.type !== 'string' &&
    input.shape.length === 2 &&
    !columns.includes(input.name) &&
    (input.shape[1] === -1 ? columns.length > 0 : input.shape[1] === columns.length);
  if (!isMatrix) return undefined;
  const dimensionNames = [ROWS, undefined];
  return {
    input,
    columns: columns.map((name) => ({ name, type: input.type, shape: [-1, 1], dimensionNames })),
  };
}

/** Joins columns of equal length, in the order of the matrix, to one row-major matrix. */
export function packColumns({ input }: ColumnMatrix, columns: readonly NamedTensor[]): NamedTensor {
  const rows = columns[0]?.shape[0] ?? 0;
  const width = columns.length;
  const data = emptyLike(columns[0]?.data, rows * width);
  columns.forEach((column, index) => {
    for (let row = 0; row < rows; row++) data[row * width + index] = column.data[row] as never;
  });
  return { name: input.name, type: input.type, shape: [rows, width], data };
}

function emptyLike(data: TensorData | undefined, length: number): TensorData {
  if (data === undefined || Array.isArray(data)) return new Array<string>(length);
  return new (data.constructor as new (length: number) => Exclude<TensorData, string[]>)(length);
}
