import { AUDIT_PREFIX } from '../services/shared/agreements/audit-record.ts';

/**
 * The AWS rights of pods, people and workflows, in one table. The access stack makes the roles from it,
 * docs/reference/iam-roles.md shows it, and the tests run our own code under it.
 */

/** ServiceAccounts of the pods that call AWS. */
export type AwsServiceAccount =
  | 'inference'
  | 'mlflow'
  | 'training'
  | 'batch-scoring'
  | 'rollout'
  | 'external-secrets';

/** What the rows need to know about the account. */
export interface Place {
  readonly region: string;
  /** ARNs of the streams. */
  readonly streams: { readonly input: string; readonly output: string; readonly rejects: string };
  /** ARN of the bucket of models and data. */
  readonly bucket: string;
  /** ARN of the key that encrypts streams and bucket. */
  readonly key: string;
  /** ARN of the secret with the password of the database. Its end is made by AWS, so it is a pattern. */
  readonly secret: string;
  /** ARN of the audit bucket. */
  readonly auditBucket: string;
  /** ARN of the stream of the audit record. Empty if the settings name none. */
  readonly auditStream: string;
  /** ARN of the workspace of the managed Prometheus. Empty if the settings name none. */
  readonly workspace: string;
  /** ARNs of the repositories of our images. */
  readonly repositories: readonly string[];
  /** ARNs of our stacks. They end with `*`. */
  readonly stacks: readonly string[];
  /** ARN of the EKS cluster. */
  readonly cluster: string;
}

/** What the settings may ask for, with the setting in `infrastructure/environments.ts`. */
export const USES = {
  'fan-out': "access.reader: 'fan-out'",
  kpl: "access.outputAggregation: 'kpl'",
  payloads: 'access.keepPayloads: true',
  workspace: 'access.metricsWorkspace',
  'audit-bucket': 'access.recordRollouts: true',
  'audit-stream': 'access.auditStream',
  'external-secrets': "addOns.externalSecrets: 'helm'",
} as const;
export type Use = keyof typeof USES;

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** A row: actions on resources. */
export interface Right {
  /** For readers of the docs. */
  readonly on: string;
  /** Absent: always needed. */
  readonly use?: Use;
  readonly actions: readonly string[];
  readonly resources: (place: Place) => readonly string[];
  readonly conditions?: (place: Place) => Conditions;
}

/** A right of the pods of a ServiceAccount. */
export interface Permission extends Right {
  readonly account: AwsServiceAccount;
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
    on: `bucket, prefix \`${PREFIXES.payloads}/\``,
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
    on: `bucket, prefix \`${PREFIXES.models}/\``,
    actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
    resources: under(PREFIXES.models),
  },
  {
    account: 'mlflow',
    on: `list of the bucket below \`${PREFIXES.models}/\``,
    actions: ['s3:ListBucket'],
    resources: ({ bucket }) => [bucket],
    conditions: () => ({ StringLike: { 's3:prefix': `${PREFIXES.models}/*` } }),
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
    on: `bucket, prefix \`${PREFIXES.training}/\``,
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
    on: `bucket, prefix \`${PREFIXES.scoringInput}/\``,
    actions: ['s3:GetObject'],
    resources: under(PREFIXES.scoringInput),
  },
  {
    account: 'batch-scoring',
    on: `bucket, prefix \`${PREFIXES.scoringOutput}/\``,
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
    use: 'workspace',
    on: 'workspace of the managed Prometheus',
    actions: ['aps:QueryMetrics'],
    resources: ({ workspace }) => [workspace],
  },
  {
    account: 'rollout',
    use: 'audit-bucket',
    on: `audit bucket, prefix \`${AUDIT_PREFIX}/\``,
    actions: ['s3:PutObject'],
    resources: ({ auditBucket }) => [`${auditBucket}/${AUDIT_PREFIX}/*`],
  },
  {
    account: 'rollout',
    use: 'audit-bucket',
    on: 'key, through S3: to write',
    actions: ['kms:GenerateDataKey'],
    resources: key,
    conditions: through('s3'),
  },
  {
    account: 'rollout',
    use: 'audit-stream',
    on: 'stream of the audit record',
    actions: ['kinesis:PutRecord'],
    resources: ({ auditStream }) => [auditStream],
  },
  {
    account: 'rollout',
    use: 'audit-stream',
    on: 'key, through Kinesis: to write',
    actions: ['kms:GenerateDataKey'],
    resources: key,
    conditions: through('kinesis'),
  },
  {
    account: 'external-secrets',
    on: 'secret with the password of the database',
    use: 'external-secrets',
    actions: ['secretsmanager:GetSecretValue'],
    resources: ({ secret }) => [secret],
  },
  {
    account: 'external-secrets',
    on: 'key, through Secrets Manager: to read',
    use: 'external-secrets',
    actions: ['kms:Decrypt'],
    resources: key,
    conditions: through('secretsmanager'),
  },
];

/** What a person needs for `make stream`. The access stack makes a policy of it, for people to attach. */
export const STREAM_TOOL_RIGHTS: readonly Right[] = [
  {
    on: 'input stream: to look, and to put records again',
    actions: [
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
      'kinesis:PutRecords',
    ],
    resources: ({ streams }) => [streams.input],
  },
  {
    on: 'dead-letter stream: to read dead letters, and to add those of skipped records',
    actions: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards', 'kinesis:PutRecords'],
    resources: ({ streams }) => [streams.rejects],
  },
  {
    on: 'key, through Kinesis: to read, and to write',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: key,
    conditions: through('kinesis'),
  },
  {
    on: `bucket, prefix \`${PREFIXES.payloads}/\``,
    use: 'payloads',
    actions: ['s3:GetObject', 's3:PutObject'],
    resources: under(PREFIXES.payloads),
  },
  {
    on: 'key, through S3: to read, and to write',
    use: 'payloads',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: key,
    conditions: through('s3'),
  },
];

/** What a workflow needs to push images, and to read the outputs of the stacks. */
export const DEPLOYER_RIGHTS: readonly Right[] = [
  {
    on: 'the registry, for its password',
    actions: ['ecr:GetAuthorizationToken'],
    // The password belongs to no repository.
    resources: () => ['*'],
  },
  {
    on: 'repositories of the images',
    actions: [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:CompleteLayerUpload',
      'ecr:InitiateLayerUpload',
      'ecr:PutImage',
      'ecr:UploadLayerPart',
    ],
    resources: ({ repositories }) => repositories,
  },
  { on: 'stacks', actions: ['cloudformation:DescribeStacks'], resources: ({ stacks }) => stacks },
  { on: 'cluster', actions: ['eks:DescribeCluster'], resources: ({ cluster }) => [cluster] },
];

/** The rows that these uses need. */
export function needed<Row extends Right>(rows: readonly Row[], uses: readonly Use[]): readonly Row[] {
  return rows.filter(({ use }) => use === undefined || uses.includes(use));
}
