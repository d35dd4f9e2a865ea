/**
 * Names of the Prometheus metrics. One process exports a metric; the operator's gates, the alert rules, the dashboard and
 * KEDA query the metric by its name. docs/reference/metrics.md says what each metric means.
 */

/** Metrics of the inference service. */
export const INFERENCE_METRICS = {
  decisions: 'inference_decisions_total',
  scoringErrors: 'inference_scoring_errors_total',
  probability: 'inference_probability',
  scoringSeconds: 'inference_scoring_seconds',
  groupDecisions: 'inference_group_decisions_total',
  rejections: 'inference_rejections_total',
  shadowComparisons: 'inference_shadow_comparisons_total',
  shadowProbability: 'inference_shadow_probability',
  shadowDecisions: 'inference_shadow_decisions_total',
  shadowErrors: 'inference_shadow_errors_total',
  shadowDropped: 'inference_shadow_dropped_total',
  modelInfo: 'inference_model_info',
  modelLoadErrors: 'inference_model_load_errors_total',
  rollbackFiles: 'inference_rollback_files',
  candidateWeightPercent: 'inference_candidate_weight_percent',
  httpRequests: 'inference_http_requests_total',
  httpRequestSeconds: 'inference_http_request_seconds',
} as const;

/** Metrics of the stream consumer, in the same process. */
export const STREAM_METRICS = {
  recordsRead: 'kinesis_records_read_total',
  bytesRead: 'kinesis_read_bytes_total',
  foreignParts: 'kinesis_foreign_parts_total',
  recordsWritten: 'kinesis_records_written_total',
  objectsWritten: 'kinesis_objects_written_total',
  overtakingWrites: 'kinesis_overtaking_writes_total',
  batchRecords: 'kinesis_batch_records',
  recordLatencySeconds: 'kinesis_record_latency_seconds',
  lagMilliseconds: 'kinesis_lag_milliseconds',
  checkpointAgeSeconds: 'kinesis_checkpoint_age_seconds',
  inFlightBytes: 'kinesis_in_flight_bytes',
  retries: 'kinesis_retries_total',
  throttles: 'kinesis_throttles_total',
  giveUps: 'kinesis_give_ups_total',
  reading: 'kinesis_shards_reading',
  fanOutFallbacks: 'kinesis_fan_out_fallbacks_total',
  expiredIterators: 'kinesis_expired_iterators_total',
  unprovenEnds: 'kinesis_unproven_ends_total',
  replacedLeases: 'kinesis_replaced_leases_total',
  readFailures: 'kinesis_read_failures_total',
  leasesOwned: 'kinesis_leases_owned',
  leaseWrites: 'kinesis_lease_writes_total',
  leasesLost: 'kinesis_leases_lost_total',
  leaseTakes: 'kinesis_lease_takes_total',
  unownedShards: 'kinesis_unowned_shards',
  hashRangeGap: 'kinesis_hash_range_gap_ratio',
  trimmed: 'kinesis_trimmed_checkpoints',
} as const;

/** Metrics of the operator. */
export const ROLLOUT_METRICS = {
  leader: 'rollout_leader',
  cacheAge: 'rollout_mirror_age_seconds',
  queueDepth: 'rollout_queue_depth',
  reconciles: 'rollout_reconciles_total',
  reconcileSeconds: 'rollout_reconcile_seconds',
  transitions: 'rollout_transitions_total',
  refusals: 'rollout_refusals_total',
  phase: 'rollout_phase',
  condition: 'rollout_condition',
  deliveries: 'rollout_webhook_deliveries_total',
  auditWrites: 'rollout_audit_writes_total',
  auditWaiting: 'rollout_audit_waiting',
  auditGaps: 'rollout_audit_gaps_total',
  notifications: 'rollout_notifications_total',
} as const;

/** Metrics that the training job pushes to the Pushgateway (jobs/training/src/loan_training/pushgateway.py). */
export const TRAINING_METRICS = {
  durationSeconds: 'training_duration_seconds',
  rows: 'training_rows',
  lastSuccessSeconds: 'training_last_success_timestamp_seconds',
  failed: 'training_failed',
  lastFailureSeconds: 'training_last_failure_timestamp_seconds',
  score: 'training_score',
  promoted: 'training_promoted',
} as const;
