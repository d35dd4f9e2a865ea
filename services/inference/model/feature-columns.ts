import type { ContractRow, Field } from '../../shared/contract/serving-contract.ts';

/** Values of one field over a batch. A missing value is `''` in a string column and NaN in a number column. */
export type Column = string[] | Float32Array;

/** A batch of inputs in the layout of the graph: one column for each field, in the order of the contract. */
export class FeatureColumns {
  readonly columns: readonly Column[];

  private constructor(columns: readonly Column[]) {
    this.columns = columns;
  }

  /** Room for `capacity` rows. */
  static ofCapacity(fields: readonly Field[], capacity: number): FeatureColumns {
    return new FeatureColumns(
      fields.map((field) =>
        field.type === 'string' ? new Array<string>(capacity).fill('') : new Float32Array(capacity),
      ),
    );
  }

  /** Columns with rows of the contract: golden samples or background. */
  static fromRows(fields: readonly Field[], rows: readonly ContractRow[]): FeatureColumns {
    const features = FeatureColumns.ofCapacity(fields, rows.length);
    fields.forEach((field, index) => {
      const column = features.columns[index] as Column;
      rows.forEach((row, position) => {
        column[position] = row[field.name] ?? (field.type === 'string' ? '' : Number.NaN);
      });
    });
    return features;
  }

  /** The rows from `start` to before `end`. */
  slice(start: number, end: number): FeatureColumns {
    return new FeatureColumns(this.columns.map((column) => column.slice(start, end)));
  }
}
