import {
  INFERENCE_METRICS,
  ROLLOUT_METRICS,
  STREAM_METRICS,
  TRAINING_METRICS,
} from '../services/shared/agreements/metric-names.ts';

export interface Panel {
  readonly title: string;
  /** What the panel shows and how to read it. Grafana shows the text beside the title. */
  readonly description: string;
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
      description:
        'Pods that have the version loaded now, and whether the version is stable or candidate there.',
      kind: 'stat',
      query: `count by (model_version, role) (${INFERENCE_METRICS.modelInfo})`,
      legend: 'version {{model_version}} {{role}}',
      unit: 'none',
    },
    {
      title: 'Phase of the rollout',
      description: 'Phase of the ModelDeployment now. The operator is down if the panel is empty.',
      kind: 'stat',
      query: `max by (phase) (${ROLLOUT_METRICS.phase} == 1)`,
      legend: '{{phase}}',
      unit: 'none',
    },
    {
      title: 'Share of the keys that the candidate decides',
      description:
        'Percentage of the partition keys that the candidate decides. It follows the canary steps.',
      kind: 'timeseries',
      query: `max by (model_version) (${INFERENCE_METRICS.candidateWeightPercent})`,
      legend: 'version {{model_version}}',
      unit: 'percent',
    },
    {
      title: 'Agreement with the stable version, in shadow',
      description:
        'Share of shadow decisions in which the candidate and the stable version agree, over 10 minutes.',
      kind: 'timeseries',
      query: share(INFERENCE_METRICS.shadowComparisons, 'agreement', 'agree'),
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
  ],
  Decisions: [
    {
      title: 'Decisions',
      description: 'Decisions per second by version, by stream and HTTP together.',
      kind: 'timeseries',
      query: `sum by (model_version, role) (rate(${INFERENCE_METRICS.decisions}[1m]))`,
      legend: 'version {{model_version}} {{role}}',
      unit: 'reqps',
    },
    {
      title: 'Share of approvals',
      description: 'Share of decisions that approve, by version, over 10 minutes.',
      kind: 'timeseries',
      query: share(INFERENCE_METRICS.decisions, 'decision', 'true'),
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
    {
      title: 'Share of approvals by group',
      description: 'Share of decisions that approve, by group of applicants, over 1 hour.',
      kind: 'timeseries',
      query: `sum by (group, value) (rate(${INFERENCE_METRICS.groupDecisions}{decision="true"}[1h])) / sum by (group, value) (rate(${INFERENCE_METRICS.groupDecisions}[1h]))`,
      legend: '{{group}} {{value}}',
      unit: 'percentunit',
    },
    {
      title: 'Dead letters by code',
      description: 'Records per second that were refused and sent to the dead-letter stream, by reason.',
      kind: 'timeseries',
      query: `sum by (code) (rate(${INFERENCE_METRICS.rejections}[5m]))`,
      legend: '{{code}}',
      unit: 'reqps',
    },
    {
      title: 'Median probability',
      description:
        'Median of the probabilities that the model gave, over 5 minutes. A jump tells of other data or another model.',
      kind: 'timeseries',
      query: quantile(0.5, INFERENCE_METRICS.probability, ', model_version'),
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
    {
      title: 'Time in the model, by batch (p99)',
      description: 'Time that 99 % of the batches need in the model, without reading and writing.',
      kind: 'timeseries',
      query: quantile(0.99, INFERENCE_METRICS.scoringSeconds, ', model_version'),
      legend: 'version {{model_version}}',
      unit: 's',
    },
  ],
  Stream: [
    {
      title: 'Lag of the shard furthest behind',
      description: 'How far the reader of the slowest shard is behind the end of the shard.',
      kind: 'timeseries',
      query: `max(${STREAM_METRICS.lagMilliseconds})`,
      legend: 'lag',
      unit: 'ms',
    },
    {
      title: 'Application to decision (p99)',
      description:
        'Time from the arrival of a record on the stream to its decision, for 99 % of the records.',
      kind: 'timeseries',
      query: quantile(0.99, STREAM_METRICS.recordLatencySeconds, ''),
      legend: 'p99',
      unit: 's',
    },
    {
      title: 'Shards by pod',
      description:
        'Shards that each pod reads. The sum falls below the open shards if a shard has no reader.',
      kind: 'timeseries',
      query: STREAM_METRICS.leasesOwned,
      legend: '{{pod}}',
      unit: 'none',
    },
    {
      title: 'Retries and throttles',
      description: 'Calls to Kinesis per second that were repeated or throttled, by operation.',
      kind: 'timeseries',
      query: `sum by (operation, kind) (${ofKind(STREAM_METRICS.retries, 'retries')} or ${ofKind(STREAM_METRICS.throttles, 'throttles')})`,
      legend: '{{operation}} {{kind}}',
      unit: 'reqps',
    },
  ],
  'Registry and training': [
    {
      title: 'MLflow requests by status',
      description: 'Requests per second to MLflow, by HTTP status.',
      kind: 'timeseries',
      query: 'sum by (status) (rate(mlflow_http_request_total[5m]))',
      legend: '{{status}}',
      unit: 'reqps',
    },
    {
      title: 'Since the last successful training',
      description: 'Time since a training run last ended with success. Training runs once a day by default.',
      kind: 'stat',
      query: `time() - max(${TRAINING_METRICS.lastSuccessSeconds})`,
      legend: 'ago',
      unit: 's',
    },
  ],
};
