import type { BenchRun } from './bench-case.ts';
import type { BenchRow, RowName } from './bench-table.ts';

/** A benchmark that the command line can name. */
export interface Benchmark {
  measure(run: BenchRun): Promise<BenchRow[]>;
  /** Rows from which `--only` chooses. Undefined if the benchmark can heed neither `--only` nor `--before`. */
  rows?(): readonly RowName[];
}
