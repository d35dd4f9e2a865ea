import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { ScoringError } from './model.ts';

/** The column of the output that holds the probability of the positive class. */
export interface PositiveColumn {
  readonly index: number;
  /** Columns of the output. */
  readonly width: 1 | 2;
}

export function positiveColumn({ outputClasses, decision }: ServingContract): PositiveColumn {
  if (outputClasses === undefined) return { index: 0, width: 1 };
  return { index: outputClasses.indexOf(decision.positiveClass), width: 2 };
}

/** An output of the graph, from onnxruntime or from another pod. */
export interface ScoredOutput {
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** The output has another number of values than its rows need, so no value belongs to a row. */
export class OutputShapeError extends ScoringError {}

/**
 * The probability of each row.
 * @throws OutputShapeError
 */
export function readPositiveColumn(
  output: ScoredOutput,
  rows: number,
  { index, width }: PositiveColumn,
): Float32Array {
  const data = output.data as Float32Array | Float64Array;
  if (data.length !== rows * width) {
    throw new OutputShapeError(
      `the output has the shape [${output.dims}] for ${rows} rows: it must have ${width === 1 ? 'one value' : 'two values'} for each row`,
    );
  }
  if (width === 1) return data instanceof Float32Array ? data : Float32Array.from(data);
  const probabilities = new Float32Array(rows);
  for (let row = 0; row < rows; row++) probabilities[row] = data[row * width + index] as number;
  return probabilities;
}
