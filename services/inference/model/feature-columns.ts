import type { ContractRow, ServingContract } from '../../shared/contract/serving-contract.ts';
import { type Column, cellWriter } from './feature-cell.ts';

/** What decides the layout of features. */
export type FeatureLayout = Pick<ServingContract, 'fields' | 'encoding'>;

/**
 * A batch of inputs in the layout of the graph, with one column for each field, in the order of the contract. The value of
 * row `row` in column `index` is `columns[index][row * stride]`.
 */
export class FeatureColumns {
  readonly columns: readonly Column[];
  /** 1 if the graph reads a tensor for each field. The number of fields if the graph reads one matrix. */
  readonly stride: number;
  /** The row-major matrix of all columns. Undefined if the graph reads a tensor for each field. */
  readonly matrix: Float32Array | undefined;

  private constructor(columns: readonly Column[], matrix?: Float32Array) {
    this.columns = columns;
    this.stride = matrix === undefined ? 1 : columns.length;
    this.matrix = matrix;
  }

  /** Room for `capacity` rows. */
  static ofCapacity({ fields, encoding }: FeatureLayout, capacity: number): FeatureColumns {
    if (encoding !== undefined) {
      return FeatureColumns.#ofMatrix(new Float32Array(capacity * fields.length), fields.length);
    }
    return new FeatureColumns(
      fields.map((field) =>
        field.type === 'string' ? new Array<string>(capacity).fill('') : new Float32Array(capacity),
      ),
    );
  }

  /** Columns with rows of the contract: golden samples or background. */
  static fromRows(layout: FeatureLayout, rows: readonly ContractRow[]): FeatureColumns {
    const features = FeatureColumns.ofCapacity(layout, rows.length);
    layout.fields.forEach((field, index) => {
      const write = cellWriter(field, layout.encoding);
      const column = features.columns[index] as Column;
      rows.forEach((row, position) => {
        write(row[field.name] ?? null, column, position * features.stride);
      });
    });
    return features;
  }

  static #ofMatrix(matrix: Float32Array, width: number): FeatureColumns {
    return new FeatureColumns(
      Array.from({ length: width }, (_, index) => matrix.subarray(index)),
      matrix,
    );
  }

  /** The rows from `start` to before `end`. */
  slice(start: number, end: number): FeatureColumns {
    const { columns, matrix, stride } = this;
    if (matrix !== undefined)
      return FeatureColumns.#ofMatrix(matrix.slice(start * stride, end * stride), stride);
    return new FeatureColumns(columns.map((column) => column.slice(start, end)));
  }
}
