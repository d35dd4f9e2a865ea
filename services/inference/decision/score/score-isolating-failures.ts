import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { Decider } from './decider.ts';
import type { Role } from './decision.ts';

/** After so many failed rows the remaining rows count as failed too, so that a broken graph costs few runs. */
const FAILED_ROWS_LIMIT = 8;

export interface IsolatedScores {
  /** NaN for a row on which the graph fails. */
  readonly scores: Float32Array;
  /** The last failure; undefined if the graph did not fail. */
  readonly error: unknown;
}

/** Scores all rows in one run. If the graph fails, halves the rows until the failing rows are alone. */
export async function scoreIsolatingFailures(
  decider: Decider,
  role: Role,
  features: FeatureColumns,
  rows: number,
): Promise<IsolatedScores> {
  const scores = new Float32Array(rows).fill(Number.NaN);
  let failedRows = 0;
  let error: unknown;

  async function score(start: number, end: number): Promise<void> {
    if (failedRows === FAILED_ROWS_LIMIT) return;
    const part = start === 0 ? features : features.slice(start, end);
    try {
      scores.set(await decider.score(role, part, end - start), start);
    } catch (failure) {
      error = failure;
      if (end - start === 1) failedRows++;
      else await scoreHalves(start, end);
    }
  }

  async function scoreHalves(start: number, end: number): Promise<void> {
    const middle = (start + end) >> 1;
    await score(start, middle);
    await score(middle, end);
  }

  if (rows > 0) await score(0, rows);
  return { scores, error };
}
