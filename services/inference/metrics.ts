import type { Registry as MetricsRegistry } from 'prom-client';
import { INFERENCE_METRICS } from '../shared/agreements/metric-names.ts';
import { createMetrics, type MetricDefinition } from '../shared/metric-definition.ts';

const PROBABILITY_EDGES = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
const SHADOW_PROBABILITY_EDGES = Array.from({ length: 9 }, (_, index) => (index + 1) / 10);
const SCORING_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** All metrics of models, decisions and requests. The rollout gates, alerts and dashboards query them by name. */
export const INFERENCE_METRIC_DEFINITIONS = {
  modelInfo: {
    type: 'gauge',
    name: INFERENCE_METRICS.modelInfo,
    help: '1 while the version is loaded.',
    labels: ['model_version', 'role', 'digest'],
    present: 'always',
  },
  decisions: {
    type: 'counter',
    name: INFERENCE_METRICS.decisions,
    help: 'Decisions that were published or answered.',
    labels: ['model_version', 'role', 'decision'],
    present: 'always',
  },
  probability: {
    type: 'tallied histogram',
    name: INFERENCE_METRICS.probability,
    help: 'Probability of the positive class in those decisions.',
    labels: ['model_version', 'role'],
    present: 'always',
    buckets: PROBABILITY_EDGES,
  },
  scoringSeconds: {
    type: 'tallied histogram',
    name: INFERENCE_METRICS.scoringSeconds,
    help: 'Time that the ONNX graph takes for one batch.',
    labels: ['model_version', 'role'],
    present: 'always',
    buckets: SCORING_SECONDS,
  },
  groupDecisions: {
    type: 'counter',
    name: INFERENCE_METRICS.groupDecisions,
    help: 'Decisions by group. serving.json names the groups.',
    labels: ['model_version', 'group', 'value', 'decision'],
    present: 'always',
  },
  rejections: {
    type: 'counter',
    name: INFERENCE_METRICS.rejections,
    help: 'Applications that got no decision.',
    labels: ['code'],
    present: 'always',
  },
  httpRequests: {
    type: 'counter',
    name: INFERENCE_METRICS.httpRequests,
    help: 'HTTP requests that were answered.',
    labels: ['route', 'method', 'status'],
    present: 'always',
  },
  httpRequestSeconds: {
    type: 'tallied histogram',
    name: INFERENCE_METRICS.httpRequestSeconds,
    help: 'Time from an HTTP request to its answer.',
    labels: ['route'],
    present: 'always',
    buckets: REQUEST_SECONDS,
  },
  shadowComparisons: {
    type: 'counter',
    name: INFERENCE_METRICS.shadowComparisons,
    help: 'Records that the stable model decided and the candidate scored in shadow.',
    labels: ['model_version', 'agreement'],
    present: 'rollout',
  },
  shadowProbability: {
    type: 'tallied histogram',
    name: INFERENCE_METRICS.shadowProbability,
    help: 'Probability that each model gave to the records that were scored in shadow.',
    labels: ['model_version', 'scored_by'],
    present: 'rollout',
    buckets: SHADOW_PROBABILITY_EDGES,
  },
  shadowDecisions: {
    type: 'counter',
    name: INFERENCE_METRICS.shadowDecisions,
    help: 'Decisions of each model on the records that were scored in shadow. Group "" is all records.',
    labels: ['model_version', 'scored_by', 'group', 'value', 'decision'],
    present: 'rollout',
  },
  candidateWeightPercent: {
    type: 'gauge',
    name: INFERENCE_METRICS.candidateWeightPercent,
    help: 'Share of the partition keys that the candidate decides.',
    labels: ['model_version'],
    present: 'rollout',
  },
  rollbackFiles: {
    type: 'gauge',
    name: INFERENCE_METRICS.rollbackFiles,
    help: '1 if the pod has the files of a version for a rollback on disk, else 0. If signatures are demanded, a trusted key must have signed them.',
    labels: ['model_version'],
    present: 'rollout',
  },
  scoringErrors: {
    type: 'counter',
    name: INFERENCE_METRICS.scoringErrors,
    help: 'Records on which the model failed or gave no probability. Each record counts once.',
    note:
      'a failing batch is bisected to find the records at fault. ' +
      'With BISECT_ON_ERROR=false every record of a batch that is given up counts. ' +
      'After 8 such records of one batch by a candidate or over HTTP, the rest of the batch counts untried.',
    labels: ['model_version', 'role'],
    present: 'trouble',
  },
  shadowErrors: {
    type: 'counter',
    name: INFERENCE_METRICS.shadowErrors,
    help: 'Records that the candidate could not decide in shadow.',
    labels: ['model_version'],
    present: 'trouble',
  },
  shadowDropped: {
    type: 'counter',
    name: INFERENCE_METRICS.shadowDropped,
    help: 'Records left out of shadow scoring because shadow scoring lagged.',
    labels: ['model_version'],
    present: 'trouble',
  },
  modelLoadErrors: {
    type: 'counter',
    name: INFERENCE_METRICS.modelLoadErrors,
    help: 'Versions that were refused, and loads during which MLflow failed.',
    labels: ['model_version', 'reason'],
    present: 'trouble',
  },
} as const satisfies Record<keyof typeof INFERENCE_METRICS, MetricDefinition>;

export type InferenceMetrics = ReturnType<typeof createInferenceMetrics>;

export function createInferenceMetrics(metricsRegistry: MetricsRegistry) {
  return createMetrics(metricsRegistry, INFERENCE_METRIC_DEFINITIONS);
}
