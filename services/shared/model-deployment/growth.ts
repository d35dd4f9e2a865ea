import { INFERENCE_METRICS } from '../agreements/metric-names.ts';

/**
 * PromQL for the growth of each counter `name` since the step began, in the measured version and pods.
 * `increase` is not used: it extrapolates, and it ignores the first value of a series. A new version's counters start
 * with its first records, so their first value counts. Records before a restart of a container no longer count.
 */
export function growth(name: string, matchers = ''): string {
  const series = `${name}{{{pods}},model_version="{{version}}"${matchers}}`;
  return `clamp_min(${series} - (${series} offset {{window}} or ${series} * 0), 0)`;
}

const ERRORS = `(sum(${growth(INFERENCE_METRICS.scoringErrors)}) or vector(0))`;
const DECISIONS = `(sum(${growth(INFERENCE_METRICS.decisions)}) or vector(0))`;

/** Share of the records that the version failed to score. NaN without traffic. */
export const ERROR_RATIO = `${ERRORS}\n/ (${DECISIONS} + ${ERRORS})`;
