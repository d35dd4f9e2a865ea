import {
  INFERENCE_METRICS,
  ROLLOUT_METRICS,
  STREAM_METRICS,
  TRAINING_METRICS,
} from '../services/shared/agreements/metric-names.ts';

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must be true before the alert fires. */
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
    // A path in this repository, because the place where the docs are published is unknown here.
    annotations: { summary, description, runbook: `docs/runbook.md#${alert.toLowerCase()}` },
  }));
}

/** Leases of a stream that is gone. The series begins with the event, so its first value counts as well. */
const RECREATED = `${STREAM_METRICS.replacedLeases}{reason="recreated"}`;

/** Somebody must act now: applications wait, or may be lost. */
const critical = rules('critical', {
  NoModelServes: {
    expr: `absent(${INFERENCE_METRICS.modelInfo}{role="stable"})`,
    for: '2m',
    summary: 'No pod serves a model.',
    description: 'Applications wait on the stream. /readyz of an inference pod names what is missing.',
  },
  StreamUnread: {
    expr: `max(${STREAM_METRICS.unownedShards}) > 0`,
    for: '1m',
    summary: 'No pod reads a shard.',
    description: '{{ $value }} shards have no owner. Look at the leases and at the inference pods.',
  },
  ReadDenied: {
    expr: `sum by (reason) (rate(${STREAM_METRICS.readFailures}{kind="denied"}[5m])) > 0`,
    for: '1m',
    summary: 'Kinesis refuses to give records: {{ $labels.reason }}.',
    description:
      'The role of the inference pods, or the key of the stream, does not allow it. /readyz has the full message.',
  },
  StreamRecreated: {
    expr: `sum(increase(${RECREATED}[1h])) > 0 or sum(${RECREATED} unless ${RECREATED} offset 1h) > 0`,
    for: '0m',
    summary: 'The input stream was deleted and created anew under its name.',
    description:
      'What was not read of the old stream is gone. The new stream is read from its oldest record. The log names the old positions.',
  },
  HashRangeGap: {
    expr: `max(${STREAM_METRICS.hashRangeGap}) > 0`,
    for: '5m',
    summary: 'No shard with a lease covers some partition keys.',
    description: 'Share of the keys that nobody reads: {{ $value }}. Compare the leases with the shards.',
  },
  CheckpointTrimmed: {
    expr: `max(${STREAM_METRICS.trimmed}) > 0`,
    for: '0m',
    summary: 'Records were deleted by retention before they were read.',
    description:
      'The consumer stopped the shard instead of skipping records. To read on from the oldest record, set kinesis.onTrimmed: continue.',
  },
  ScoringFails: {
    expr: `sum by (model_version) (rate(${INFERENCE_METRICS.scoringErrors}{role="stable"}[5m])) > 0`,
    for: '5m',
    summary: 'Scoring by the stable version {{ $labels.model_version }} fails on records.',
    description:
      'The records are retried and then become dead letters. Move the alias back to the last good version.',
  },
});

const DEAD_LETTERED = `sum(rate(${INFERENCE_METRICS.rejections}[10m]))`;
/** Zero if every record is invalid: the counter then has no series. */
const DECIDED = `(sum(rate(${INFERENCE_METRICS.decisions}[10m])) or vector(0))`;

const DROPPED = `${ROLLOUT_METRICS.notifications}{result="dropped"}`;
const AUDIT_GAPS = ROLLOUT_METRICS.auditGaps;

const POISONED = `${STREAM_METRICS.giveUps}{reason="poison"}`;

/** Somebody must look today. */
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
    summary: 'The checkpoint of shard {{ $labels.shard }} does not move.',
    description: `The shard was never read, or outcomes are not confirmed. Look at ${STREAM_METRICS.readFailures}, at ${STREAM_METRICS.retries} and at the log of the pod that owns the shard.`,
  },
  RejectionsRising: {
    expr: `${DEAD_LETTERED} > 0.05 * (${DEAD_LETTERED} + ${DECIDED}) and sum(increase(${INFERENCE_METRICS.rejections}[10m])) > 10`,
    for: '10m',
    summary: 'More than 5 % of the applications are dead-lettered.',
    description: `Probably a producer changed. ${INFERENCE_METRICS.rejections} counts the codes, and the dead letters name the fields.`,
  },
  PoisonRecord: {
    // The first dead letter of a pod starts a series. `increase` alone would not see the step from no series to 1.
    expr: `sum((${POISONED} unless ${POISONED} offset 1h) or increase(${POISONED}[1h])) > 0`,
    for: '0m',
    summary: 'Processing a record ended its pods.',
    description:
      'The record is a dead letter with the code poison, and the rest goes on. The log of the inference pods names shard and sequence number.',
  },
  RolloutDegraded: {
    expr: `max by (model_deployment) (${ROLLOUT_METRICS.condition}{type="Degraded"}) > 0`,
    for: '0m',
    summary: 'The operator refused a promoted version, or the target Deployment is missing.',
    description:
      '`kubectl get mdep {{ $labels.model_deployment }} -o yaml` shows the version and the reason. The last good version, if there is one, goes on serving.',
  },
  RolloutHindered: {
    expr: `max by (model_deployment, type) (${ROLLOUT_METRICS.condition}{type=~"ActionDenied|PinContested|DeploymentPaused|ScaledToZero"}) > 0`,
    for: '5m',
    summary: 'A rollout is hindered: {{ $labels.type }}.',
    description:
      'The operator goes on judging, but it cannot finish. `kubectl describe mdep {{ $labels.model_deployment }}` shows the cause.',
  },
  ApprovalAwaited: {
    expr: `max by (model_deployment) (${ROLLOUT_METRICS.phase}{phase="AwaitingApproval"}) > 0`,
    for: '1d',
    summary: 'A version waits for its approval.',
    description:
      'Too few people signed, or somebody moved the alias without asking them. The condition Approved of {{ $labels.model_deployment }} says what is missing.',
  },
  RolloutHeldLong: {
    expr: `max by (model_deployment) (${ROLLOUT_METRICS.condition}{type="Held"}) > 0`,
    for: '3d',
    summary: 'A rollout is held for days.',
    description:
      'Somebody forgot a pause, or no window opens. The condition Held of {{ $labels.model_deployment }} says what it waits for.',
  },
  ReconcileFails: {
    expr: `sum(rate(${ROLLOUT_METRICS.reconciles}{result="error"}[5m])) > 0`,
    for: '10m',
    summary: 'The operator cannot work on a ModelDeployment.',
    description: 'No rollout of that ModelDeployment is watched. The log of the leader has the error.',
  },
  RegistryAway: {
    expr: `min by (model_deployment) (${ROLLOUT_METRICS.condition}{type="RegistryReachable"}) < 1`,
    for: '10m',
    summary: 'The operator gets no answer from the registry.',
    description:
      'Promotions wait, and the present version goes on serving. `kubectl describe mdep {{ $labels.model_deployment }}` shows the error.',
  },
  RollbackNeedsMlflow: {
    expr: `min by (model_version) (${INFERENCE_METRICS.rollbackFiles}) < 1`,
    for: '15m',
    summary: 'Pods lack the files of version {{ $labels.model_version }}, to which a rollback may go.',
    description:
      'The rollback would need MLflow. The log of the inference pods names the error. A model that is larger than MODEL_CACHE_MEBIBYTES is not kept.',
  },
  MetricsAway: {
    expr: `min by (model_deployment) (${ROLLOUT_METRICS.condition}{type="MetricsReachable"}) < 1 and max by (model_deployment) (${ROLLOUT_METRICS.condition}{type="Progressing"}) > 0`,
    for: '10m',
    summary: 'The operator gets no measurements.',
    description:
      'The rollout waits. `kubectl describe mdep {{ $labels.model_deployment }}` shows the response, which may come from a proxy.',
  },
  AuditRecordWaits: {
    expr: `max by (sink) (${ROLLOUT_METRICS.auditWaiting}) > 0`,
    for: '15m',
    summary: 'Transitions of rollouts wait for the audit record: {{ $labels.sink }}.',
    description:
      'No rollout is held. The status keeps 30 transitions and the leader 1,000. The log of the leader has the error.',
  },
  AuditRecordGap: {
    expr: `sum by (sink) ((${AUDIT_GAPS} unless ${AUDIT_GAPS} offset 1h) or increase(${AUDIT_GAPS}[1h])) > 0`,
    for: '0m',
    summary: 'The audit record lacks transitions: {{ $labels.sink }}.',
    description: 'A record of the kind gap names them. Events, tags in MLflow or another sink may have them.',
  },
  NotificationsDropped: {
    expr: `sum((${DROPPED} unless ${DROPPED} offset 1h) or increase(${DROPPED}[1h])) > 0`,
    for: '0m',
    summary: 'People were not told of transitions of a rollout.',
    description: 'The log of the leader has host and error. The audit record has the transitions.',
  },
  RolloutLeaderless: {
    expr: `sum(${ROLLOUT_METRICS.leader}) < 1 or absent(${ROLLOUT_METRICS.leader})`,
    for: '2m',
    summary: 'No operator leads.',
    description: 'Promotions wait, and the present version goes on serving.',
  },
  OperatorBlind: {
    expr: `max(${ROLLOUT_METRICS.cacheAge}) > 300`,
    for: '1m',
    summary: 'The operator has had no answer from the API server for five minutes.',
    description: 'Its watch is silent. The operator lists again by itself. If it does not, restart it.',
  },
  TrainingFailed: {
    expr: `max(${TRAINING_METRICS.failed}) > 0`,
    for: '15m',
    summary: 'The last training run failed.',
    description: `The label of ${TRAINING_METRICS.lastFailureSeconds} names the reason, and the log of the Job has the details.`,
  },
  TrainingStale: {
    expr: `time() - max(${TRAINING_METRICS.lastSuccessSeconds}) > 3 * 86400 or absent(${TRAINING_METRICS.lastSuccessSeconds})`,
    for: '1h',
    summary: 'No training run has succeeded for three days, or ever.',
    description:
      'Look at the Jobs of the CronJob training, and at the Pushgateway, which keeps their metrics.',
  },
});

export const ALERT_GROUPS = [
  { name: 'loan-eligibility-critical', rules: critical },
  { name: 'loan-eligibility-warning', rules: warning },
];
