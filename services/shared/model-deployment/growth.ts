import { INFERENCE_METRICS } from '../agreements/metric-names.ts';
/**
 * PromQL of how much each counter of `name` grew since the step began, for the version and the pods that are measured.
 * Unlike `increase`, it counts what a series had when it was first scraped, as counters of a new version begin with its
 * first records, and does not extrapolate. A container that restarted counts from then on.
 */
export function growth(name: string, matchers = ''): string {
  const series = `${name}{{{pods}},model_version="{{version}}"${matchers}}`;
  return `clamp_min(${series} - (${series} offset {{window}} or ${series} * 0), 0)`;
}

const ERRORS = `(sum(${growth(INFERENCE_METRICS.scoringErrors)}) or vector(0))`;
const DECISIONS = `(sum(${growth(INFERENCE_METRICS.decisions)}) or vector(0))`;

/** Share of records on which the version erred; NaN without traffic. */
export const ERROR_RATIO = `${ERRORS}\n/ (${DECISIONS} + ${ERRORS})`;
