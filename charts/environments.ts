import { z } from 'zod';

/** All that differs between the environments. */
export type Environment = z.output<typeof environmentSchema>;

/** What a container may use. Memory is requested in full, as it cannot be taken back. */
export type Resources = z.output<typeof resourcesSchema>;

const resourcesSchema = z
  .strictObject({
    cpuMillis: z.int().min(10).max(64_000),
    cpuLimitMillis: z.int().min(10).max(64_000),
    memoryMebibytes: z.int().min(32).max(262_144),
  })
  .refine((resources) => resources.cpuMillis <= resources.cpuLimitMillis, {
    error: ({ input }) => {
      const { cpuMillis, cpuLimitMillis } = input as { cpuMillis: number; cpuLimitMillis: number };
      return `cpuMillis (${cpuMillis}) is more than cpuLimitMillis (${cpuLimitMillis})`;
    },
  });

const roleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'must be the ARN of an IAM role');

const environmentSchema = z
  .strictObject({
    name: z.enum(['kind', 'eks']),
    /** Registry and path before each image's name, and the tag behind it. */
    images: z.strictObject({ prefix: z.string().min(1), tag: z.string().regex(/^(?!latest$)[\w.-]+$/) }),
    /** Where the pods' addresses come from: MLflow answers probes and scrapes only under names it knows. */
    podNetwork: z.cidrv4(),
    /** Where DNS is asked beside the pods of kube-dns: a cache on the node, or DNS that is a part of the node. */
    dnsNetworks: z.array(z.cidrv4()).default([]),
    /** Port of the API server as NetworkPolicies see it, behind the Service. */
    apiServerPort: z.int().min(1).max(65_535),
    /** Of every volume claim; the cluster's default where unset. */
    storageClass: z.string().optional(),
    database: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('in-cluster'), sizeGibibytes: z.int().min(1).max(1024) }),
      /** Its password is in the Secret `mlflow-database`, key `password`. */
      z.strictObject({
        kind: z.literal('external'),
        host: z.string().min(1),
        network: z.cidrv4(),
        /** `full`: of authority and host name, by the ConfigMap `mlflow-database-authority`, key `ca.pem`. Encrypted either way. */
        verification: z.enum(['full', 'none']).default('full'),
      }),
    ]),
    artifacts: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('volume'), sizeGibibytes: z.int().min(1).max(1024) }),
      z.strictObject({
        kind: z.literal('s3'),
        root: z.string().regex(/^s3:\/\/[^/]+/, 'must be s3://BUCKET/…'),
      }),
    ]),
    kinesis: z.strictObject({
      region: z.string().min(1),
      emulator: z.boolean(),
      /** Open shards of the input stream. More consumers than shards have nothing to read. */
      shards: z.int().min(1).max(500),
      /** `fan-out`: enhanced fan-out, which costs by the shard-hour and by what is read; see docs/operations.md. */
      reader: z.enum(['polling', 'fan-out']).default('polling'),
      /** `kpl`: decisions for one shard packed into one record, for readers that unpack them. */
      outputAggregation: z.enum(['none', 'kpl']).default('none'),
      /** A shard whose records were deleted unread: `stop` holds it until somebody looks, `continue` reads what is left. */
      onTrimmed: z.enum(['stop', 'continue']).default('stop'),
    }),
    /** IAM roles for the service accounts. Unset: emulator credentials. */
    roles: z.strictObject({ inference: roleArn, mlflow: roleArn, training: roleArn }).optional(),
    inference: z.strictObject({
      minimumReplicas: z.int().min(1).max(500),
      maximumReplicas: z.int().min(1).max(500),
      /** Largest lag of a shard that one replica more is worth. Used where KEDA scales. */
      lagTargetMilliseconds: z.int().min(100).max(3_600_000),
      /** Without a renewal for so long, a pod has lost its shards; docs/operations.md says what more of it buys and costs. */
      leaseSeconds: z.int().min(1).max(300).default(10),
      resources: resourcesSchema,
    }),
    mlflow: z.strictObject({
      replicas: z.int().min(1).max(10),
      workers: z.int().min(1).max(16),
      resources: resourcesSchema,
    }),
    training: z.strictObject({
      /** In UTC. */
      schedule: z.string().regex(/^(\S+ ){4}\S+$/, 'must have the five fields of a cron schedule'),
      /** What `loan-training --data` takes. */
      data: z.string().min(1),
      /** Whether a first model is trained as soon as the manifests are applied. */
      firstModel: z.boolean(),
      deadlineSeconds: z.int().min(60).max(86_400),
      resources: resourcesSchema,
    }),
    /** `bundled`: Prometheus and Grafana of the system's own. `operator`: those that watch the cluster anyway. */
    monitoring: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('bundled') }),
      z.strictObject({ kind: z.literal('operator'), url: z.url(), namespace: z.string().min(1) }),
    ]),
    /** Of the one ModelDeployment: what a candidate must show. */
    rollout: z.strictObject({
      shadowSamples: z.int().min(1).max(1_000_000),
      canarySamples: z.int().min(1).max(1_000_000),
      intervalSeconds: z.int().min(1).max(3600),
      soakSeconds: z.int().min(0).max(86_400),
    }),
  })
  .superRefine(({ inference, kinesis, mlflow, artifacts }, context) => {
    const { minimumReplicas, maximumReplicas } = inference;
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    if (minimumReplicas > maximumReplicas)
      refuse(
        `inference.minimumReplicas (${minimumReplicas}) is more than maximumReplicas (${maximumReplicas})`,
      );
    if (maximumReplicas > kinesis.shards)
      refuse(
        `inference.maximumReplicas (${maximumReplicas}) is more than kinesis.shards (${kinesis.shards})`,
      );
    if (mlflow.replicas > 1 && artifacts.kind === 'volume')
      refuse(`mlflow.replicas (${mlflow.replicas}) is more than the 1 that an artifact volume can serve`);
  });

/**
 * Checks an environment's options against their ranges and each other.
 * @throws Error naming each option, its value and the rule.
 */
export function defineEnvironment(options: z.input<typeof environmentSchema>): Environment {
  const result = environmentSchema.safeParse(options, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message, input }) => {
    const value = typeof input === 'object' ? '' : ` = ${JSON.stringify(input)}`;
    return path.length === 0 ? message : `${path.join('.')}${value}: ${message}`;
  });
  throw new Error(`environment ${options.name}: ${problems.join('; ')}`);
}

export const kind = defineEnvironment({
  name: 'kind',
  images: { prefix: 'loan-eligibility', tag: '0.1.0' },
  podNetwork: '10.244.0.0/16',
  apiServerPort: 6443,
  database: { kind: 'in-cluster', sizeGibibytes: 1 },
  artifacts: { kind: 'volume', sizeGibibytes: 2 },
  kinesis: { region: 'us-east-1', emulator: true, shards: 4 },
  inference: {
    minimumReplicas: 2,
    maximumReplicas: 4,
    lagTargetMilliseconds: 5_000,
    resources: { cpuMillis: 100, cpuLimitMillis: 2_000, memoryMebibytes: 384 },
  },
  mlflow: {
    replicas: 1,
    workers: 1,
    resources: { cpuMillis: 100, cpuLimitMillis: 2_000, memoryMebibytes: 1024 },
  },
  training: {
    schedule: '0 3 * * *',
    data: 'synthetic:614:7',
    firstModel: true,
    deadlineSeconds: 1_800,
    resources: { cpuMillis: 300, cpuLimitMillis: 2_000, memoryMebibytes: 1536 },
  },
  monitoring: { kind: 'bundled' },
  rollout: { shadowSamples: 300, canarySamples: 100, intervalSeconds: 5, soakSeconds: 30 },
});

/** The account, network, bucket and database are placeholders: docs/operations.md says what to put in their place. */
export const eks = defineEnvironment({
  name: 'eks',
  images: { prefix: '111122223333.dkr.ecr.us-east-1.amazonaws.com/loan-eligibility', tag: '0.1.0' },
  podNetwork: '10.0.0.0/16',
  // NodeLocal DNSCache, where the cluster has it.
  dnsNetworks: ['169.254.20.10/32'],
  apiServerPort: 443,
  storageClass: 'gp3',
  database: {
    kind: 'external',
    host: 'mlflow.cluster-placeholder.us-east-1.rds.amazonaws.com',
    network: '10.0.0.0/16',
  },
  artifacts: { kind: 's3', root: 's3://loan-eligibility-111122223333/mlflow' },
  kinesis: { region: 'us-east-1', emulator: false, shards: 16 },
  roles: {
    inference: 'arn:aws:iam::111122223333:role/loan-eligibility-inference',
    mlflow: 'arn:aws:iam::111122223333:role/loan-eligibility-mlflow',
    training: 'arn:aws:iam::111122223333:role/loan-eligibility-training',
  },
  inference: {
    minimumReplicas: 2,
    maximumReplicas: 16,
    lagTargetMilliseconds: 5_000,
    resources: { cpuMillis: 1_000, cpuLimitMillis: 2_000, memoryMebibytes: 768 },
  },
  mlflow: {
    replicas: 2,
    workers: 2,
    resources: { cpuMillis: 500, cpuLimitMillis: 2_000, memoryMebibytes: 1536 },
  },
  training: {
    schedule: '0 3 * * *',
    data: 's3://loan-eligibility-111122223333/data/applications.csv',
    firstModel: false,
    deadlineSeconds: 7_200,
    resources: { cpuMillis: 2_000, cpuLimitMillis: 4_000, memoryMebibytes: 4096 },
  },
  monitoring: {
    kind: 'operator',
    url: 'http://prometheus-operated.monitoring:9090',
    namespace: 'monitoring',
  },
  rollout: { shadowSamples: 1_000, canarySamples: 500, intervalSeconds: 15, soakSeconds: 600 },
});
