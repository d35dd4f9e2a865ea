import type { BenchRow } from './bench-table.ts';

/** What a run measured, and under which conditions. */
export interface BenchReport {
  /** Day of the run, for example `2026-11-28`. */
  readonly date: string;
  readonly machine: string;
  /** Commit that the run compares with. */
  readonly before?: string;
  /** Sentences that a reader needs to compare the rows with those of another run. */
  readonly conditions: readonly string[];
  readonly rows: readonly BenchRow[];
}
