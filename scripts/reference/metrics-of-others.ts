import { TRAINING_METRICS } from '../../services/shared/agreements/metric-names.ts';
import type { MetricDefinition } from '../../services/shared/metric-definition.ts';

/** Metrics that jobs/training pushes. */
export const TRAINING_METRIC_DEFINITIONS = {
  durationSeconds: {
    type: 'gauge',
    name: TRAINING_METRICS.durationSeconds,
    help: 'Duration of the last run.',
    present: 'always',
  },
  rows: {
    type: 'gauge',
    name: TRAINING_METRICS.rows,
    help: 'Rows of data in the last successful run.',
    present: 'always',
  },
  score: {
    type: 'gauge',
    name: TRAINING_METRICS.score,
    help: 'Scores of the last model on the holdout.',
    labels: ['metric'],
    present: 'always',
  },
  promoted: {
    type: 'gauge',
    name: TRAINING_METRICS.promoted,
    help: '1 if the last version became champion, else 0. The reason says why.',
    labels: ['reason'],
    present: 'always',
  },
  lastSuccessSeconds: {
    type: 'gauge',
    name: TRAINING_METRICS.lastSuccessSeconds,
    help: 'When a run last succeeded, Unix time.',
    present: 'always',
  },
  failed: {
    type: 'gauge',
    name: TRAINING_METRICS.failed,
    help: '1 if the last run failed, else 0.',
    present: 'always',
  },
  lastFailureSeconds: {
    type: 'gauge',
    name: TRAINING_METRICS.lastFailureSeconds,
    help: 'When a run last failed for this reason, Unix time.',
    labels: ['reason'],
    present: 'trouble',
  },
} as const satisfies Record<keyof typeof TRAINING_METRICS, MetricDefinition>;

/** Metrics of MLflow's server (prometheus-flask-exporter) that the dashboard shows. */
export const MLFLOW_METRIC_DEFINITIONS = {
  requests: {
    type: 'counter',
    name: 'mlflow_http_request_total',
    help: 'Requests to MLflow.',
    labels: ['method', 'status'],
    present: 'always',
  },
  requestSeconds: {
    type: 'histogram',
    name: 'mlflow_http_request_duration_seconds',
    help: 'Time from a request to its answer.',
    labels: ['method', 'status'],
    present: 'always',
  },
} as const satisfies Record<string, MetricDefinition>;
