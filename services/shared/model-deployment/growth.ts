import { INFERENCE_METRICS } from '../agreements/metric-names.ts';

/** Longest gap between two scrapes of a pod across which its counters still count as the same counters. */
const LOOKBACK = '5m';

/**
 * PromQL for the growth of each counter `name` since the step began, in the measured version and pods.
 *
 * `increase` is not used: it extrapolates, and it ignores the first value of a series. A new version's counters start
 * with its first records, so their first value counts.
 *
 * A counter that restarted with its container falls. Then its growth is its last value, and what it had gained before:
 * - the counter ends below its peak: the gain up to the peak counts too, so no restart hides the errors before it;
 * - the counter has passed its peak: Prometheus cannot say how high it was. So only the last value counts, which is at
 *   least half of the growth. After several restarts, the growth since the last restart counts at least.
 *
 * No expression sees a restart if the counter has passed its old value before the next scrape.
 * The last value counts of a pod that is down now, and of a pod whose scrape failed just when the step began.
 *
 * Two Prometheus servers may scrape the same pod, each with a label of its own. So the result has one series for each
 * pod and each value of `labels`, the metric's own labels.
 */
export function growth(name: string, labels: readonly string[], matchers = ''): string {
  const series = `${name}{{{pods}},model_version="{{version}}"${matchers}}`;
  const inStep = (summary: string) => `${summary}(${series}[{{window}}])`;
  const [last, peak, least] = ['last', 'max', 'min'].map((kind) => inStep(`${kind}_over_time`));
  const before = `last_over_time(${series}[${LOOKBACK}] offset {{window}})`;
  const steady = `${before} <= ${least} unless ${inStep('resets')} > 0`;
  const fallen = `${before} <= ${peak} and ${last} < ${peak}`;
  const gain = `${peak} - (${steady} or ${fallen} or ${last} * 0) + (${last} < ${peak} or ${last} * 0)`;
  return `max by (${['pod', ...labels].join(', ')}) (${gain})`;
}

const ERRORS = `(sum(${growth(INFERENCE_METRICS.scoringErrors, ['role'])}) or vector(0))`;
const DECISIONS = `(sum(${growth(INFERENCE_METRICS.decisions, ['role', 'decision'])}) or vector(0))`;

/** PromQL for {{errorRatio}}: the share of the records that the version failed to score. NaN without traffic. */
export const ERROR_RATIO = `${ERRORS}\n/ (${DECISIONS} + ${ERRORS})`;

/** The text that earlier releases stored as the default query. A restart of a pod hides errors from this text. */
export const FORMER_ERROR_RATIO = `${former(INFERENCE_METRICS.scoringErrors)}
/ (${former(INFERENCE_METRICS.decisions)} + ${former(INFERENCE_METRICS.scoringErrors)})`;

function former(name: string): string {
  const series = `${name}{{{pods}},model_version="{{version}}"}`;
  return `(sum(clamp_min(${series} - (${series} offset {{window}} or ${series} * 0), 0)) or vector(0))`;
}
