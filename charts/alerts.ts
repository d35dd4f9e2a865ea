interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: 'warning' | 'critical' };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const alert = (
  name: string,
  severity: 'warning' | 'critical',
  expr: string,
  after: string,
  summary: string,
  description: string,
): AlertRule => ({
  alert: name,
  expr,
  for: after,
  labels: { severity },
  annotations: { summary, description },
});

/** What somebody must look at. The runbook has a section for each. */
export const ALERT_GROUPS = [
  {
    name: 'inference',
    rules: [
      alert(
        'InferenceAbsent',
        'critical',
        'absent(inference_model_info{role="stable"})',
        '2m',
        'No pod serves a model.',
        'Applications wait on the stream. Look at the readiness of the inference pods: it names what they miss.',
      ),
      alert(
        'StreamLagging',
        'warning',
        'max(kinesis_lag_milliseconds) > 60000',
        '5m',
        'Decisions are a minute behind the applications.',
        'Largest lag of a shard: {{ $value }} ms. More replicas help up to the number of shards.',
      ),
      alert(
        'RejectionsRising',
        'warning',
        'sum(rate(inference_rejections_total[10m])) > 0.05 * sum(rate(kinesis_records_read_total[10m]))',
        '10m',
        'More than 5 % of the applications are rejected.',
        'Look at the codes in inference_rejections_total and at the dead letters: a producer has changed.',
      ),
      alert(
        'ScoringFails',
        'critical',
        'sum by (model_version) (rate(inference_scoring_errors_total[5m])) > 0',
        '5m',
        'Version {{ $labels.model_version }} fails on records.',
        'The records are retried. Suspend the rollout or move the alias back.',
      ),
    ],
  },
];
