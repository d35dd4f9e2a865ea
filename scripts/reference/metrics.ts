import { ROLLOUT_METRIC_DEFINITIONS } from '../../operators/rollout/metrics.ts';
import { INFERENCE_METRIC_DEFINITIONS } from '../../services/inference/metrics.ts';
import { type MetricDefinition, PRESENCES } from '../../services/shared/metric-definition.ts';
import { STREAM_METRIC_DEFINITIONS } from '../../services/stream/metrics.ts';
import { code, page, pageHead, table } from './markdown.ts';
import { MLFLOW_METRIC_DEFINITIONS, TRAINING_METRIC_DEFINITIONS } from './metrics-of-others.ts';

export interface MetricsSection {
  readonly title: string;
  readonly introduction: string;
  readonly metrics: readonly MetricDefinition[];
}

export const METRICS_SECTIONS: readonly MetricsSection[] = [
  {
    title: 'Decisions',
    introduction: 'The inference service exports these metrics at `/metrics` on port 8080.',
    metrics: Object.values(INFERENCE_METRIC_DEFINITIONS),
  },
  {
    title: 'Stream consumer',
    introduction: 'The inference service exports these metrics too, if it reads a stream.',
    metrics: Object.values(STREAM_METRIC_DEFINITIONS),
  },
  {
    title: 'Operator',
    introduction:
      'Each replica exports these metrics at `/metrics` on port 8080. Only the leader has phases and conditions.',
    metrics: Object.values(ROLLOUT_METRIC_DEFINITIONS),
  },
  {
    title: 'Training',
    introduction:
      'A run ends before Prometheus could scrape it. The run pushes these metrics to the Pushgateway.',
    metrics: Object.values(TRAINING_METRIC_DEFINITIONS),
  },
  {
    title: 'MLflow',
    introduction: 'MLflow exports these metrics itself.',
    metrics: Object.values(MLFLOW_METRIC_DEFINITIONS),
  },
];

/** What each label holds, whatever metric has it. */
export const LABELS: Readonly<Record<string, string>> = {
  action: 'What became of the part: `decide`, `reject` or `drop`.',
  agreement: '`agree` if both models decide alike, else `flip`.',
  code: '[Code](streams.md#codes) of the dead letter or of the HTTP error.',
  decision: '`true` or `false`.',
  digest: '`sha256:…` over the files of the version.',
  from: 'What the lease was before: `nobody`, `itself` or `expired owner`.',
  group: 'Field by which decisions are grouped.',
  kind: 'Kind of the failure, in one word.',
  method: 'HTTP method.',
  metric: 'Score that was measured, for example `auc`.',
  mode: '`polling` or `fan-out`.',
  model_deployment: 'Name of the ModelDeployment.',
  model_version: 'Version of the registered model. In shadow metrics, the version of the candidate.',
  operation: 'Kinesis operation, or `batch` and `bisect` for batches.',
  phase: 'Phase of the ModelDeployment.',
  reason: 'Reason in one word.',
  result: 'How the attempt ended, in one word.',
  sink: '`log`, `stream` or `bucket`.',
  role: '`stable` or `candidate`.',
  route: 'HTTP path without its parameters.',
  scored_by: '`stable` or `candidate`.',
  shard: 'Shard of the input stream.',
  status: 'HTTP status code.',
  stream: 'Stream that was written.',
  type: 'Type of the condition.',
  value: 'Value of the field `group`.',
};

const INTRODUCTION = [
  '',
  '`present` tells when Prometheus has the first sample of a metric:',
  '',
  ...Object.entries(PRESENCES).map(([presence, meaning]) => `- ${code(presence)}: ${meaning}`),
  '',
  'Each process also exports metrics of itself under `process_*` and `nodejs_*`: CPU, memory, event loop, garbage collection.',
  'Postgres exports no metrics here. Its absence shows in the status codes of MLflow.',
];

/** docs/reference/metrics.md. test/cluster/documented-metrics.ts reads name and presence from the tables. */
export function metricsPage(sections: readonly MetricsSection[] = METRICS_SECTIONS): string {
  const used = new Set(sections.flatMap(({ metrics }) => metrics.flatMap(({ labels = [] }) => labels)));
  return page(
    ...pageHead('Metrics', 'the definitions from which each process makes its metrics'),
    ...INTRODUCTION,
    ...sections.flatMap(section),
    '',
    '## Labels',
    '',
    ...table(
      ['label', 'meaning'],
      Object.entries(LABELS)
        .filter(([label]) => used.has(label))
        .map(([label, meaning]) => [code(label), meaning]),
    ),
  );
}

function section({ title, introduction, metrics }: MetricsSection): string[] {
  return [
    '',
    `## ${title}`,
    '',
    introduction,
    '',
    ...table(['metric', 'labels', 'present', 'type', 'meaning'], metrics.map(row)),
    ...metrics.flatMap(({ name, note }) => (note === undefined ? [] : ['', `${code(name)}: ${note}`])),
  ];
}

function row({ name, labels = [], present, type, help }: MetricDefinition): string[] {
  return [code(name), labels.join(', '), present, type.replace('tallied ', ''), help];
}
