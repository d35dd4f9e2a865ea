import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { Decider } from './decider.ts';
import type { Role } from './decision.ts';

/** Once as many rows have failed by themselves, the rest is taken to fail as well: a broken graph costs few runs. */
const FAULTS_LIMIT = 8;

export interface EachScore {
  /** NaN where the graph fails. */
  readonly scores: Float32Array;
  /** Of the last row at fault; undefined where there is none. */
  readonly error: unknown;
}

/** Scores all rows in one run; where the graph fails, halves it until the rows at fault are alone. */
export async function scoreEach(
  decider: Decider,
  role: Role,
  features: FeatureColumns,
  rows: number,
): Promise<EachScore> {
  const scores = new Float32Array(rows).fill(Number.NaN);
  let faults = 0;
  let error: unknown;

  async function score(start: number, end: number): Promise<void> {
    if (faults === FAULTS_LIMIT) return;
    const part = start === 0 ? features : features.slice(start, end);
    try {
      scores.set(await decider.score(role, part, end - start), start);
    } catch (failure) {
      error = failure;
      if (end - start === 1) faults++;
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
