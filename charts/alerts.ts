import {
  INFERENCE_METRICS,
  ROLLOUT_METRICS,
  STREAM_METRICS,
  TRAINING_METRICS,
} from '../services/shared/agreements/metric-names.ts';

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must be true. */
  readonly for: string;
  readonly labels: { readonly severity: 'warning' | 'critical' };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

type Alert = Omit<AlertRule, 'alert' | 'labels' | 'annotations'> & Omit<AlertRule['annotations'], 'runbook'>;

function rules(severity: 'warning' | 'critical', alerts: Readonly<Record<string, Alert>>): AlertRule[] {
  return Object.entries(alerts).map(([alert, { expr, for: pending, summary, description }]) => ({
    alert,
    expr,
    for: pending,
    labels: { severity },
    // A path of this repository, as nobody here knows where it is read.
    annotations: { summary, description, runbook: `docs/runbook.md#${alert.toLowerCase()}` },
  }));
}

/** What somebody must look at now: applications wait, or may be lost. */
const critical = rules('critical', {
  NoModelServes: {
    expr: `absent(${INFERENCE_METRICS.modelInfo}{role="stable"})`,
    for: '2m',
    summary: 'No pod serves a model.',
    description: 'Applications wait on the stream. /readyz of an inference pod names what it misses.',
  },
  StreamUnread: {
    expr: `max(${STREAM_METRICS.unownedShards}) > 0`,
    for: '1m',
    summary: 'A shard is read by nobody.',
    description: '{{ $value }} shards have no owner. Look at the leases and at the inference pods.',
  },
  CheckpointTrimmed: {
    expr: `max(${STREAM_METRICS.trimmed}) > 0`,
    for: '0m',
    summary: 'Records were deleted by retention before they were read.',
    description:
      'The shard is stopped rather than skipped. kinesis.onTrimmed: continue goes on with what is left.',
  },
  ScoringFails: {
    expr: `sum by (model_version) (rate(${INFERENCE_METRICS.scoringErrors}{role="stable"}[5m])) > 0`,
    for: '5m',
    summary: 'The stable version {{ $labels.model_version }} fails on records.',
    description:
      'They are retried and then become dead letters. Move the alias back to the last good version.',
  },
});

const REJECTED = `sum(rate(${INFERENCE_METRICS.rejections}[10m]))`;
/** Where all is rejected, no decision has been counted. */
const DECIDED = `(sum(rate(${INFERENCE_METRICS.decisions}[10m])) or vector(0))`;

/** What somebody must look at today. */
const warning = rules('warning', {
  StreamLagging: {
    expr: `max(${STREAM_METRICS.lagMilliseconds}) > 60000`,
    for: '5m',
    summary: 'Decisions are a minute behind the applications.',
    description: 'Largest lag of a shard: {{ $value }} ms. More replicas help up to the number of shards.',
  },
  CheckpointStalled: {
    expr: `max by (shard) (${STREAM_METRICS.checkpointAgeSeconds}) > 120`,
    for: '5m',
    summary: 'Shard {{ $labels.shard }} does not get on.',
    description: `Outcomes are not confirmed: look at ${STREAM_METRICS.retries} and the logs of its owner.`,
  },
  RejectionsRising: {
    expr: `${REJECTED} > 0.05 * (${REJECTED} + ${DECIDED}) and sum(increase(${INFERENCE_METRICS.rejections}[10m])) > 10`,
    for: '10m',
    summary: 'More than 5 % of the applications are rejected.',
    description: `A producer has changed. ${INFERENCE_METRICS.rejections} has the codes, the dead letters the fields.`,
  },
  RolloutDegraded: {
    expr: `max by (model_deployment) (${ROLLOUT_METRICS.condition}{type="Degraded"}) > 0`,
    for: '0m',
    summary: 'A promoted version was refused, or there is no Deployment for it.',
    description:
      '`kubectl get mdep {{ $labels.model_deployment }} -o yaml` tells which and why; the last good one serves, where there is one.',
  },
  RegistryAway: {
    expr: `min by (model_deployment) (${ROLLOUT_METRICS.condition}{type="RegistryReachable"}) < 1`,
    for: '10m',
    summary: 'The operator gets no answer from the registry.',
    description:
      'Promotions wait; what serves goes on serving. `kubectl describe mdep {{ $labels.model_deployment }}` has its words.',
  },
  MetricsAway: {
    expr: `min by (model_deployment) (${ROLLOUT_METRICS.condition}{type="MetricsReachable"}) < 1 and max by (model_deployment) (${ROLLOUT_METRICS.condition}{type="Progressing"}) > 0`,
    for: '10m',
    summary: 'The operator gets no measurements.',
    description:
      'The rollout holds. `kubectl describe mdep {{ $labels.model_deployment }}` has what Prometheus answered, or somebody else in its place.',
  },
  RolloutLeaderless: {
    expr: `sum(${ROLLOUT_METRICS.leader}) < 1 or absent(${ROLLOUT_METRICS.leader})`,
    for: '2m',
    summary: 'No operator leads.',
    description: 'Promotions wait; what serves goes on serving.',
  },
  OperatorBlind: {
    expr: `max(${ROLLOUT_METRICS.mirrorAge}) > 300`,
    for: '1m',
    summary: 'The operator has not heard of the API server for five minutes.',
    description: 'Its watch is silent. It lists again by itself; if not, restart it.',
  },
  TrainingFailed: {
    expr: `max(${TRAINING_METRICS.failed}) > 0`,
    for: '15m',
    summary: 'The last training run failed.',
    description: `${TRAINING_METRICS.lastFailureSeconds} has the reason, the log of the Job training the rest.`,
  },
  TrainingStale: {
    expr: `time() - max(${TRAINING_METRICS.lastSuccessSeconds}) > 3 * 86400 or absent(${TRAINING_METRICS.lastSuccessSeconds})`,
    for: '1h',
    summary: 'No training run has succeeded for three days, or ever.',
    description: 'Look at the Jobs of the CronJob training, and at the Pushgateway, which remembers them.',
  },
});

export const ALERT_GROUPS = [
  { name: 'loan-eligibility-critical', rules: critical },
  { name: 'loan-eligibility-warning', rules: warning },
];
