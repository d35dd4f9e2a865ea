/**
 * The AWS rights of the pods, in one table. The access stack makes the roles from it, docs/reference/iam-roles.md shows it,
 * and the tests run our own code under it.
 */

/** ServiceAccounts of the pods that call AWS. */
export type AwsServiceAccount = 'inference' | 'mlflow' | 'training' | 'batch-scoring' | 'rollout';

/** What the rows need to know about the account. */
export interface Place {
  readonly region: string;
  /** ARNs of the streams. */
  readonly streams: { readonly input: string; readonly output: string; readonly rejects: string };
  /** ARN of the bucket of models and data. */
  readonly bucket: string;
  /** ARN of the key that encrypts streams and bucket. */
  readonly key: string;
  /** ARN of the workspace of the managed Prometheus. */
  readonly workspace: string;
}

/** What the settings may ask for. A row without one of these is always needed. */
export type Use = 'fan-out' | 'kpl' | 'payloads' | 'managed-prometheus';

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Permission {
  readonly account: AwsServiceAccount;
  /** For readers of the docs. */
  readonly on: string;
  /** Absent: always needed. */
  readonly use?: Use;
  readonly actions: readonly string[];
  readonly resources: (place: Place) => readonly string[];
  readonly conditions?: (place: Place) => Conditions;
}

/** Prefixes in the bucket. `charts/environments.ts` uses the same. */
export const PREFIXES = {
  models: 'mlflow',
  training: 'data',
  scoringInput: 'scoring/in',
  scoringOutput: 'scoring/out',
  payloads: 'dead-letters',
} as const;

const under =
  (...prefixes: readonly string[]) =>
  ({ bucket }: Place) =>
    prefixes.map((prefix) => `${bucket}/${prefix}/*`);
const key = (place: Place) => [place.key];

/** The key may be used only through one service, never directly. */
const through =
  (...services: readonly string[]) =>
  ({ region }: Place): Conditions => ({
    StringEquals: { 'kms:ViaService': services.map((service) => `${service}.${region}.amazonaws.com`) },
  });

export const PERMISSIONS: readonly Permission[] = [
  {
    account: 'inference',
    on: 'input stream',
    actions: [
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
    ],
    resources: ({ streams }) => [streams.input],
  },
  {
    account: 'inference',
    on: 'output stream and dead-letter stream',
    actions: ['kinesis:PutRecords'],
    resources: ({ streams }) => [streams.output, streams.rejects],
  },
  {
    account: 'inference',
    on: 'key, through Kinesis: to read, and to write',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: key,
    conditions: through('kinesis'),
  },
  {
    account: 'inference',
    use: 'fan-out',
    on: 'input stream and its consumers',
    actions: ['kinesis:DescribeStreamConsumer', 'kinesis:RegisterStreamConsumer', 'kinesis:SubscribeToShard'],
    resources: ({ streams }) => [streams.input, `${streams.input}/consumer/*`],
  },
  {
    account: 'inference',
    use: 'kpl',
    on: 'output stream',
    actions: ['kinesis:ListShards'],
    resources: ({ streams }) => [streams.output],
  },
  {
    account: 'inference',
    use: 'payloads',
    on: `bucket, prefix ${PREFIXES.payloads}/`,
    actions: ['s3:PutObject'],
    resources: under(PREFIXES.payloads),
  },
  {
    account: 'inference',
    use: 'payloads',
    on: 'key, through S3: to write',
    actions: ['kms:GenerateDataKey'],
    resources: key,
    conditions: through('s3'),
  },
  {
    account: 'mlflow',
    on: `bucket, prefix ${PREFIXES.models}/`,
    actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
    resources: under(PREFIXES.models),
  },
  {
    account: 'mlflow',
    on: `list of the bucket below ${PREFIXES.models}/`,
    actions: ['s3:ListBucket'],
    resources: ({ bucket }) => [bucket],
    conditions: () => ({ StringLike: { 's3:prefix': [PREFIXES.models, `${PREFIXES.models}/*`] } }),
  },
  {
    account: 'mlflow',
    on: 'key, through S3: to read, and to write',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: key,
    conditions: through('s3'),
  },
  {
    account: 'training',
    on: `bucket, prefix ${PREFIXES.training}/`,
    actions: ['s3:GetObject'],
    resources: under(PREFIXES.training),
  },
  {
    account: 'training',
    on: 'key, through S3: to read',
    actions: ['kms:Decrypt'],
    resources: key,
    conditions: through('s3'),
  },
  {
    account: 'batch-scoring',
    on: `bucket, prefix ${PREFIXES.scoringInput}/`,
    actions: ['s3:GetObject'],
    resources: under(PREFIXES.scoringInput),
  },
  {
    account: 'batch-scoring',
    on: `bucket, prefix ${PREFIXES.scoringOutput}/`,
    actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
    resources: under(PREFIXES.scoringOutput),
  },
  {
    account: 'batch-scoring',
    on: 'key, through S3: to read, and to write in parts',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: key,
    conditions: through('s3'),
  },
  {
    account: 'rollout',
    use: 'managed-prometheus',
    on: 'workspace of the managed Prometheus',
    actions: ['aps:QueryMetrics'],
    resources: ({ workspace }) => [workspace],
  },
];

/** The rows of a ServiceAccount for the uses that the settings ask for. */
export function permissionsOf(account: AwsServiceAccount, uses: readonly Use[]): readonly Permission[] {
  return PERMISSIONS.filter(
    (permission) =>
      permission.account === account && (permission.use === undefined || uses.includes(permission.use)),
  );
}
