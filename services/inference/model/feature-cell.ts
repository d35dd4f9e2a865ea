import type { Field, MatrixEncoding, StringField } from '../../shared/contract/serving-contract.ts';

/**
 * Values of one field over a batch. In a string column a missing value is `''`, in a number column NaN. In a matrix, a
 * string is its code.
 */
export type Column = string[] | Float32Array;

/** What a string of a field is in its column: itself, or its code in the matrix. */
export type Cell = string | number;

/** The cells of a string field. */
export interface StringCells {
  /** Allowed value to its cell. */
  readonly values: ReadonlyMap<string, Cell>;
  readonly missing: Cell;
}

export function stringCells({ values }: StringField, encoding: MatrixEncoding | undefined): StringCells {
  if (encoding === undefined) return { values: new Map(values.map((value) => [value, value])), missing: '' };
  return {
    values: new Map(values.map((value, code) => [value, code])),
    missing: encoding.missingCategory === 'code' ? values.length : Number.NaN,
  };
}

/** Writes values of the contract's rows. A string that is not in the field's `values` is NaN in a matrix. */
export function cellWriter(
  field: Field,
  encoding: MatrixEncoding | undefined,
): (value: string | number | null, column: Column, at: number) => void {
  if (field.type === 'number') {
    return (value, column, at) => {
      column[at] = value ?? Number.NaN;
    };
  }
  const { values, missing } = stringCells(field, encoding);
  return (value, column, at) => {
    if (value === null || value === '') column[at] = missing;
    else column[at] = values.get(value as string) ?? (encoding === undefined ? value : Number.NaN);
  };
}
