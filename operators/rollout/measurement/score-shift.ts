import type { Sample } from './prometheus.ts';

/** Records added to every bin. Without them an empty bin would make the index infinite. */
const SMOOTHING = 0.5;

/**
 * Population stability index between the probabilities of candidate and stable version: Σ (c − s) · ln(c / s).
 * c and s are the shares of a bin. `buckets` is a cumulative histogram with the labels `scored_by` and `le`.
 * Undefined without records.
 */
export function scoreShift(buckets: readonly Sample[]): number | undefined {
  const candidate = counts(buckets, 'candidate');
  const stable = counts(buckets, 'stable');
  if (candidate.length === 0 || candidate.length !== stable.length) return undefined;
  const candidateShares = shares(candidate);
  const stableShares = shares(stable);
  return candidateShares?.reduce((sum, share, bin) => {
    const other = stableShares?.[bin] ?? Number.NaN;
    return sum + (share - other) * Math.log(share / other);
  }, 0);
}

/** Number of records in each bin, in the order of the edges. */
function counts(buckets: readonly Sample[], scoredBy: string): number[] {
  const cumulative = buckets
    .filter((bucket) => bucket.labels.scored_by === scoredBy)
    .map((bucket) => ({ edge: Number(bucket.labels.le?.replace('+Inf', 'Infinity')), count: bucket.value }))
    .sort((a, b) => a.edge - b.edge);
  // The buckets of one histogram may come from two scrapes, so a difference may be negative.
  return cumulative.map(({ count }, bin) => Math.max(0, count - (cumulative[bin - 1]?.count ?? 0)));
}

function shares(bins: readonly number[]): number[] | undefined {
  const total = bins.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return undefined;
  return bins.map((count) => (count + SMOOTHING) / (total + SMOOTHING * bins.length));
}
