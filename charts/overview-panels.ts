import {
  INFERENCE_METRICS,
  ROLLOUT_METRICS,
  STREAM_METRICS,
  TRAINING_METRICS,
} from '../services/shared/agreements/metric-names.ts';
export interface Panel {
  readonly title: string;
  readonly kind: 'stat' | 'timeseries';
  readonly query: string;
  /** Legend of each series. */
  readonly legend: string;
  readonly unit: string;
}

/** Share of a counter's increase over ten minutes that carries the label value. */
function share(metric: string, label: string, value: string): string {
  const all = `sum by (model_version) (rate(${metric}[10m]))`;
  return `sum by (model_version) (rate(${metric}{${label}="${value}"}[10m])) / ${all}`;
}

function quantile(share_: number, metric: string, by: string): string {
  return `histogram_quantile(${share_}, sum by (le${by}) (rate(${metric}_bucket[5m])))`;
}

/** A counter's rate with an additional label `kind`, so that two counters with the same labels stay apart in one query. */
function ofKind(metric: string, kind: string): string {
  return `label_replace(rate(${metric}[5m]), "kind", "${kind}", "", "")`;
}

/** Rows and panels of the overview dashboard. The cluster test runs every query against a real Prometheus. */
export const OVERVIEW: Readonly<Record<string, readonly Panel[]>> = {
  'Which model decides': [
    {
      title: 'Pods by model version',
      kind: 'stat',
      query: `count by (model_version, role) (${INFERENCE_METRICS.modelInfo})`,
      legend: 'version {{model_version}} {{role}}',
      unit: 'none',
    },
    {
      title: 'Phase of the rollout',
      kind: 'stat',
      query: `max by (phase) (${ROLLOUT_METRICS.phase} == 1)`,
      legend: '{{phase}}',
      unit: 'none',
    },
    {
      title: 'Share of the keys that the candidate decides',
      kind: 'timeseries',
      query: `max by (model_version) (${INFERENCE_METRICS.candidateWeightPercent})`,
      legend: 'version {{model_version}}',
      unit: 'percent',
    },
    {
      title: 'Agreement with the stable version, in shadow',
      kind: 'timeseries',
      query: share(INFERENCE_METRICS.shadowComparisons, 'agreement', 'agree'),
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
  ],
  Decisions: [
    {
      title: 'Decisions',
      kind: 'timeseries',
      query: `sum by (model_version, role) (rate(${INFERENCE_METRICS.decisions}[1m]))`,
      legend: 'version {{model_version}} {{role}}',
      unit: 'reqps',
    },
    {
      title: 'Share of approvals',
      kind: 'timeseries',
      query: share(INFERENCE_METRICS.decisions, 'decision', 'true'),
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
    {
      title: 'Share of approvals by group',
      kind: 'timeseries',
      query: `sum by (group, value) (rate(${INFERENCE_METRICS.groupDecisions}{decision="true"}[1h])) / sum by (group, value) (rate(${INFERENCE_METRICS.groupDecisions}[1h]))`,
      legend: '{{group}} {{value}}',
      unit: 'percentunit',
    },
    {
      title: 'Dead letters by code',
      kind: 'timeseries',
      query: `sum by (code) (rate(${INFERENCE_METRICS.rejections}[5m]))`,
      legend: '{{code}}',
      unit: 'reqps',
    },
    {
      title: 'Median probability',
      kind: 'timeseries',
      query: quantile(0.5, INFERENCE_METRICS.probability, ', model_version'),
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
    {
      title: 'Time in the model, by batch (p99)',
      kind: 'timeseries',
      query: quantile(0.99, INFERENCE_METRICS.scoringSeconds, ', model_version'),
      legend: 'version {{model_version}}',
      unit: 's',
    },
  ],
  Stream: [
    {
      title: 'Lag of the shard furthest behind',
      kind: 'timeseries',
      query: `max(${STREAM_METRICS.lagMilliseconds})`,
      legend: 'lag',
      unit: 'ms',
    },
    {
      title: 'Application to decision (p99)',
      kind: 'timeseries',
      query: quantile(0.99, STREAM_METRICS.recordLatencySeconds, ''),
      legend: 'p99',
      unit: 's',
    },
    {
      title: 'Shards by pod',
      kind: 'timeseries',
      query: STREAM_METRICS.leasesOwned,
      legend: '{{pod}}',
      unit: 'none',
    },
    {
      title: 'Retries and throttles',
      kind: 'timeseries',
      query: `sum by (operation, kind) (${ofKind(STREAM_METRICS.retries, 'retries')} or ${ofKind(STREAM_METRICS.throttles, 'throttles')})`,
      legend: '{{operation}} {{kind}}',
      unit: 'reqps',
    },
  ],
  'Registry and training': [
    {
      title: 'MLflow requests by status',
      kind: 'timeseries',
      query: 'sum by (status) (rate(mlflow_http_request_total[5m]))',
      legend: '{{status}}',
      unit: 'reqps',
    },
    {
      title: 'Since the last successful training',
      kind: 'stat',
      query: `time() - max(${TRAINING_METRICS.lastSuccessSeconds})`,
      legend: 'ago',
      unit: 's',
    },
  ],
};
