/**
 * Environment variables that a manifest or the operator sets and a process reads. The reader's schema is declared with
 * `satisfies Record<…Variable, z.ZodType>`, so that a name which one side alone knows does not compile.
 */

/** The stream consumer, in services/stream/settings.ts. */
export type StreamVariable =
  | 'AWS_REGION'
  | 'BATCH_SIZE'
  | 'BATCH_WINDOW_MILLISECONDS'
  | 'BISECT_ON_ERROR'
  | 'CONSUMER_GROUP'
  | 'FOREIGN_PARTS'
  | 'HAND_OFF_SECONDS'
  | 'INPUT_STREAM'
  | 'KINESIS_CLIENT'
  | 'KINESIS_CONNECT_TIMEOUT_MILLISECONDS'
  | 'KINESIS_ENDPOINT'
  | 'KINESIS_REQUEST_TIMEOUT_MILLISECONDS'
  | 'LEASE_FILE'
  | 'LEASE_SECONDS'
  | 'LEASE_STORE'
  | 'MAX_IN_FLIGHT_BYTES'
  | 'MAX_POLL_INTERVAL_MILLISECONDS'
  | 'MAX_RECORD_AGE_SECONDS'
  | 'MAX_RETRIES'
  | 'ON_FAILURE'
  | 'ON_TRIMMED'
  | 'OUTPUT_AGGREGATION'
  | 'OUTPUT_STREAM'
  | 'PARALLELIZATION_FACTOR'
  | 'POD_NAME'
  | 'POD_NAMESPACE'
  | 'POISON_ATTEMPTS'
  | 'POLL_INTERVAL_MILLISECONDS'
  | 'READER'
  | 'READ_LIMIT'
  | 'REJECT_STREAM'
  | 'S3_ENDPOINT'
  | 'SHARD_SYNC_SECONDS'
  | 'START_POSITION'
  | 'START_TIMESTAMP';

/** The AWS SDK reads these by itself. Only an emulator gets credentials from a manifest. */
export type AwsSdkVariable = 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_USE_FIPS_ENDPOINT';

/** The inference service beside its stream consumer, in services/inference/config.ts. */
export type InferenceVariable =
  | 'CORS_ALLOWED_ORIGINS'
  | 'DRAIN_SECONDS'
  | 'HTTP_HOST'
  | 'HTTP_KEEP_ALIVE_SECONDS'
  | 'HTTP_PORT'
  | 'LOG_LEVEL'
  | 'MAX_RECORD_BYTES'
  | 'METRICS_POD_LABEL'
  | 'MLFLOW_CREDENTIALS_DIRECTORY'
  | 'MLFLOW_TRACKING_URI'
  | 'MODEL_ALIAS'
  | 'MODEL_CACHE_DIRECTORY'
  | 'MODEL_CACHE_MEBIBYTES'
  | 'MODEL_DEPLOYMENT'
  | 'MODEL_DIGEST'
  | 'MODEL_NAME'
  | 'MODEL_SIGNING_KEYS_DIRECTORY'
  | 'MODEL_VERSION'
  | 'REGISTRY_POLL_SECONDS'
  | 'REQUIRE_MODEL_SIGNATURE'
  | 'SHUTDOWN_SECONDS';

/** The two variables that the operator sets on the target Deployment, and nobody else. */
export const PIN_VARIABLES = { version: 'MODEL_VERSION', digest: 'MODEL_DIGEST' } as const satisfies Record<
  string,
  InferenceVariable
>;

/** The verification process, in services/inference/verify.ts. */
export type VerificationVariable =
  | 'CANDIDATE_TRACKING_URI'
  | 'MAX_BATCH_P99_MILLISECONDS'
  | 'MLFLOW_CREDENTIALS_DIRECTORY'
  | 'MLFLOW_TRACKING_URI'
  | 'MODEL_NAME'
  | 'MODEL_SIGNING_KEYS_DIRECTORY'
  | 'MODEL_VERSION'
  | 'REQUIRE_MODEL_SIGNATURE'
  | 'REQUIRE_STABLE_CONTRACT'
  | 'STABLE_DIGEST'
  | 'STABLE_TRACKING_URI'
  | 'STABLE_VERSION'
  | 'TERMINATION_MESSAGE_PATH';

/** The operator, in operators/rollout/config.ts. */
export type RolloutVariable =
  | 'AUDIT_BUCKET'
  | 'AUDIT_STREAM'
  | 'AWS_REGION'
  | 'DRAIN_SECONDS'
  | 'HTTP_HOST'
  | 'HTTP_KEEP_ALIVE_SECONDS'
  | 'HTTP_PORT'
  | 'KINESIS_ENDPOINT'
  | 'KUBECONFIG'
  | 'LEADER_LEASE'
  | 'LOG_LEVEL'
  | 'MLFLOW_TRACKING_URI'
  | 'NOTIFICATION_HOSTS'
  | 'POD_NAME'
  | 'POD_NAMESPACE'
  | 'PROMETHEUS_HOSTS'
  | 'PROMETHEUS_URL'
  | 'REGISTRY_HOSTS'
  | 'S3_ENDPOINT'
  | 'VERIFICATION_COMMAND'
  | 'WEBHOOK_SECRET'
  | 'WEBHOOK_SECRET_FILE'
  | 'WEBHOOK_URL';

/** The training job. Its Python code and the AWS SDK for Python read these. */
export type TrainingVariable =
  | 'AWS_REGION'
  | 'AWS_DEFAULT_REGION'
  | 'LOAN_MODEL_SIGNING_KEY_FILE'
  | 'LOAN_SEARCH_RUN'
  | 'LOAN_SIGNING_KEY_FILE'
  | 'LOAN_WAIT_SECONDS'
  | 'MLFLOW_TRACKING_URI'
  | 'OPTUNA_STORAGE'
  | 'OPTUNA_STORAGE_PASSWORD_FILE'
  | 'PUSHGATEWAY_URL';
