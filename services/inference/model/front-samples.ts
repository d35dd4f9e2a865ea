import type { ContractRow, Field, ServingContract } from '../../shared/contract/serving-contract.ts';
import { type Column, cellWriter } from './feature-cell.ts';
import { FeatureColumns } from './feature-columns.ts';
import { acceptedRange } from './float32.ts';

/** Rows of a run. A run blocks the event loop. */
const RUN_ROWS = 256;
/** Memory for a number of a run: its column, and both matrices. Measured: 48. */
const NUMBER_BYTES = 48;
/** Memory for a string of a run: its column, its tensor, and both matrices. Measured: 113. */
const STRING_BYTES = 120;
/** Memory for an allowed string of a field: its code, and what the runs leave to be collected. Measured: 117 to 150. */
const VALUE_BYTES = 150;

/** Rows of a run, in both layouts. Each run overwrites the rows of the run before. */
export interface SampleRun {
  /** Number of the first row. */
  readonly start: number;
  readonly rows: number;
  /** As the graph reads them. */
  readonly columns: FeatureColumns;
  /** As the service writes them. */
  readonly matrix: Float32Array;
}

/**
 * The golden rows, and rows that together have each value of each field: the allowed strings, the levels, or the bounds of
 * a number. A field is missing in a row of its own, if the field may be missing. After its last value a field repeats it.
 */
export class FrontSamples {
  readonly #contract: ServingContract;
  readonly #golden: readonly ContractRow[];
  readonly #values: readonly (readonly SampleValue[])[];
  readonly #rows: number;

  constructor(contract: ServingContract) {
    this.#contract = contract;
    this.#golden = contract.golden.map(({ input }) => input);
    this.#values = contract.fields.map(sampleValues);
    this.#rows = this.#golden.length + this.#values.reduce((most, { length }) => Math.max(most, length), 0);
  }

  *runs(): Generator<SampleRun> {
    const { fields } = this.#contract;
    const capacity = Math.min(RUN_ROWS, this.#rows);
    const columns = FeatureColumns.ofCapacity({ fields }, capacity);
    const encoded = FeatureColumns.ofCapacity(this.#contract, capacity);
    const writers = fields.map((field) => cellWriter(field, this.#contract.encoding));
    for (let start = 0; start < this.#rows; start += capacity) {
      const rows = Math.min(capacity, this.#rows - start);
      fields.forEach((field, index) => {
        if (this.#isRepeated(index, start - capacity)) return;
        const write = writers[index] as (typeof writers)[number];
        const [column, codes] = [columns.columns[index] as Column, encoded.columns[index] as Column];
        for (let at = 0; at < rows; at += 1) {
          const value = this.value(start + at, index);
          column[at] = value ?? (field.type === 'string' ? '' : Number.NaN);
          write(value, codes, at * encoded.stride);
        }
      });
      yield {
        start,
        rows,
        columns,
        matrix: (encoded.matrix as Float32Array).subarray(0, rows * fields.length),
      };
    }
  }

  /** The value of the field at `index` in a row. */
  value(row: number, index: number): SampleValue {
    const golden = this.#golden[row];
    if (golden !== undefined) return golden[(this.#contract.fields[index] as Field).name] ?? null;
    const values = this.#values[index] as readonly SampleValue[];
    return values[Math.min(row - this.#golden.length, values.length - 1)] ?? null;
  }

  /** True if the rows from `start` on all have the field's last value. */
  #isRepeated(index: number, start: number): boolean {
    return start - this.#golden.length >= (this.#values[index]?.length ?? 0) - 1;
  }
}

type SampleValue = string | number | null;

/** A field without `required` may be missing. */
function sampleValues(field: Field): readonly SampleValue[] {
  const present = field.type === 'string' ? field.values : numbers(field);
  return field.required ? present : [null, ...present];
}

function numbers(field: Field & { type: 'number' }): readonly number[] {
  if (field.levels !== undefined) return field.levels;
  const { lowest, highest } = acceptedRange(field);
  return [lowest, highest];
}

/** Estimate of the memory, in bytes, that the check of a front needs beside the graph. */
export function sampleBytes({ fields }: Pick<ServingContract, 'fields'>): number {
  return fields.reduce(
    (sum, field) =>
      sum +
      (field.type === 'string'
        ? RUN_ROWS * STRING_BYTES + field.values.length * VALUE_BYTES
        : RUN_ROWS * NUMBER_BYTES),
    0,
  );
}
