import { z } from 'zod';
import { OBJECT_PREFIX } from '../services/shared/agreements/object-prefix.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { streamProblems } from '../services/shared/different-streams.ts';
import { hostName } from '../services/shared/host-name.ts';
import { parseStream, streamSetting } from '../services/shared/stream-reference.ts';

/** All that differs between the environments. */
export type Environment = z.output<typeof environmentSchema>;
export type BatchScoring = NonNullable<Environment['batchScoring']>;

/** CPU and memory of a container. The request for memory equals its limit, because memory cannot be taken back. */
export type Resources = Omit<z.output<ReturnType<typeof resourcesSchema>>, 'scratchMebibytes'>;

/** @param scratch MiB in /tmp that are enough for most models and files */
const resourcesSchema = (scratch: number) =>
  z
    .strictObject({
      cpuMillis: z.int().min(10).max(64_000).describe('Request for CPU, in thousandths of a core.'),
      cpuLimitMillis: z.int().min(10).max(64_000).describe('Limit of CPU, in thousandths of a core.'),
      memoryMebibytes: z.int().min(32).max(262_144).describe('Request and limit of memory, in MiB.'),
      scratchMebibytes: z
        .int()
        .min(16)
        .max(1_048_576)
        .default(scratch)
        .describe(
          'Most that the files in `/tmp` may hold, in MiB. Request and limit of ephemeral storage are 64 MiB more, for logs.',
        ),
    })
    .refine((resources) => resources.cpuMillis <= resources.cpuLimitMillis, {
      error: ({ input }) => {
        const { cpuMillis, cpuLimitMillis } = input as { cpuMillis: number; cpuLimitMillis: number };
        return `cpuMillis (${cpuMillis}) exceeds cpuLimitMillis (${cpuLimitMillis})`;
      },
    })
    .describe('CPU, memory and disk of the container.');

const roleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'must be the ARN of an IAM role');

export const environmentSchema = z
  .strictObject({
    name: z.enum(['kind', 'eks']).describe('Folder in k8s/ to which the manifests are written.'),
    images: z
      .strictObject({
        prefix: z
          .string()
          .max(255)
          .regex(
            /^[a-z0-9][a-z0-9.:-]*(\/[a-z0-9][a-z0-9._-]*)*$/,
            'must be a registry and a path in small letters, without a scheme and without a trailing slash',
          )
          .describe('Container registry and path before the name of each image.'),
        tag: z
          .string()
          .regex(/^(?!latest$)\w[\w.-]{0,127}$/, 'must be a tag other than latest, which may change')
          .describe('Tag of each image. `latest` is refused, because it may change.'),
      })
      .describe('Where the images of this project are.'),
    podNetwork: z
      .cidrv4()
      .describe('Network of the pods. MLflow answers probes and scrapes only for hosts in it.'),
    dnsNetworks: z
      .array(z.cidrv4())
      .default([])
      .describe('Networks of DNS servers beside the kube-dns pods, for example a cache on the node.'),
    apiServerPort: z
      .int()
      .min(1)
      .max(65_535)
      .describe('Port of the API server behind its Service. NetworkPolicies see this port.'),
    storageClass: z
      .string()
      .optional()
      .describe('Storage class of every volume claim. Absent: the default class of the cluster.'),
    database: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('in-cluster'),
          sizeGibibytes: z.int().min(1).max(1024).describe('Size of the volume, in GiB.'),
        }),
        z.strictObject({
          kind: z.literal('external'),
          host: hostName.describe('Host name of the Postgres server.'),
          network: z.cidrv4().describe('Network of the Postgres server, for the NetworkPolicy.'),
          secret: z
            .string()
            .min(1)
            .max(2_048)
            .optional()
            .describe(
              'Name or ARN of the secret in AWS Secrets Manager, whose key `password` External Secrets copies. Absent: you make the Secret.',
            ),
          verification: z
            .enum(['full', 'none'])
            .default('full')
            .describe(
              '`full` verifies authority and host name by the ConfigMap `mlflow-database-authority`, key `ca.pem`. The connection is always encrypted.',
            ),
        }),
      ])
      .describe(
        'Postgres of MLflow. The password of an external one is in the Secret `mlflow-database`, key `password`.',
      ),
    artifacts: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('volume'),
          sizeGibibytes: z.int().min(1).max(1024).describe('Size of the volume, in GiB.'),
        }),
        z.strictObject({
          kind: z.literal('s3'),
          root: z
            .string()
            .regex(/^s3:\/\/[^/]+/, 'must be s3://BUCKET/…')
            .describe('Bucket and prefix: s3://BUCKET/PREFIX.'),
        }),
      ])
      .describe('Where MLflow keeps model files.'),
    kinesis: z
      .strictObject({
        region: z.string().min(1).describe('AWS region of the streams.'),
        emulator: z.boolean().describe('Installs an emulator in place of Kinesis.'),
        streams: z
          .strictObject({
            input: streamSetting().default(STREAM_NAMES.input).describe('Stream of applications.'),
            output: streamSetting().default(STREAM_NAMES.output).describe('Stream of decisions.'),
            rejects: streamSetting().default(STREAM_NAMES.rejects).describe('Stream of dead letters.'),
          })
          .default(STREAM_NAMES)
          .describe('The three streams by name, or by ARN if they are in another account.'),
        shards: z
          .int()
          .min(1)
          .max(500)
          .describe('Open shards of the input stream. A consumer beyond that number has no shard to read.'),
        reader: z
          .enum(['polling', 'fan-out'])
          .optional()
          .describe('READER. Enhanced fan-out costs by shard-hour and by gigabyte.'),
        fipsEndpoint: z
          .boolean()
          .optional()
          .describe('AWS_USE_FIPS_ENDPOINT. All calls to Kinesis use its FIPS endpoint.'),
        outputAggregation: z
          .enum(['none', 'kpl'])
          .optional()
          .describe('OUTPUT_AGGREGATION. `kpl` is for readers that unpack KPL aggregates.'),
        foreignParts: z
          .enum(['decide', 'reject', 'drop'])
          .optional()
          .describe('FOREIGN_PARTS. `drop` is safe only if every producer is the KPL itself.'),
        onFailure: z
          .string()
          .regex(OBJECT_PREFIX.pattern, OBJECT_PREFIX.rule)
          .optional()
          .describe('ON_FAILURE. Bucket and prefix for whole payloads that do not fit into a dead letter.'),
        onTrimmed: z
          .enum(['stop', 'continue'])
          .optional()
          .describe(
            'ON_TRIMMED. If records were deleted unread, `stop` waits for a person and `continue` reads on.',
          ),
      })
      .describe('Input and output streams.'),
    identity: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('none') }),
        z.strictObject({ kind: z.literal('pod-identity') }),
        z.strictObject({
          kind: z.literal('irsa'),
          roles: z
            .strictObject({
              inference: roleArn.describe('IAM role of the inference service.'),
              mlflow: roleArn.describe('IAM role of MLflow.'),
              training: roleArn.describe('IAM role of the training job.'),
              batchScoring: roleArn.optional().describe('IAM role of the job that scores a file.'),
              rollout: roleArn
                .optional()
                .describe('IAM role of the operator, for a Prometheus behind SigV4.'),
            })
            .describe('IAM roles of the service accounts.'),
        }),
      ])
      .default({ kind: 'none' })
      .describe(
        'How pods get AWS rights. `pod-identity`: EKS Pod Identity associates the roles. `irsa`: each service account names its role. `none`: the emulator accepts any credentials.',
      ),
    inference: z
      .strictObject({
        minimumReplicas: z.int().min(1).max(500).describe('Fewest pods.'),
        maximumReplicas: z.int().min(1).max(500).describe('Most pods.'),
        lagTargetMilliseconds: z
          .int()
          .min(100)
          .max(3_600_000)
          .describe('Lag of the slowest shard above which KEDA adds a pod.'),
        leaseSeconds: z
          .int()
          .min(1)
          .max(300)
          .optional()
          .describe('LEASE_SECONDS. A pod that cannot renew a lease for this long loses the shard.'),
        modelCacheMebibytes: z
          .int()
          .min(1)
          .max(1_048_576)
          .default(256)
          .describe(
            'MODEL_CACHE_MEBIBYTES. The files of three versions should fit: the version that serves, a candidate, and the version before.',
          ),
        resources: resourcesSchema(256),
      })
      .describe('The inference service.'),
    mlflow: z
      .strictObject({
        replicas: z.int().min(1).max(10).describe('Number of pods.'),
        workers: z.int().min(1).max(16).describe('Server processes in each pod.'),
        resources: resourcesSchema(2_048),
      })
      .describe('MLflow.'),
    training: z
      .strictObject({
        schedule: z
          .string()
          .regex(/^(\S+ ){4}\S+$/, 'must have the five fields of a cron schedule')
          .describe('Cron schedule, UTC.'),
        data: z.string().min(1).describe('Value of `loan-training run --data`.'),
        schemaFile: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Schema of the data, as a path from the root of the project. Absent: the bundled schema. Set MODEL in `charts/model-deployment.ts` to the name in the schema.',
          ),
        cardNotesFile: z
          .string()
          .min(1)
          .optional()
          .describe(
            'What people write for the [model card](../how-to/write-a-model-card.md), as a path from the root of the project. Absent: the notes of the bundled schema.',
          ),
        options: z
          .array(z.string().regex(/^--[a-z]/, 'must be an option, such as --delimiter=;'))
          .optional()
          .describe('More options of `loan-training run`, such as `--delimiter=;`, one an item.'),
        signsPromotions: z
          .boolean()
          .default(false)
          .describe('Signs promotions with the key `key.pem` of the Secret `training-signing-key`.'),
        firstModel: z.boolean().describe('Trains a first model as soon as the manifests are applied.'),
        deadlineSeconds: z.int().min(60).max(86_400).describe('Longest run.'),
        searchPods: z
          .int()
          .min(1)
          .max(50)
          .default(1)
          .describe(
            'Pods that search the hyper-parameters of a run together, each with `resources`. More than 1 needs Kubernetes 1.31.',
          ),
        resources: resourcesSchema(1_024),
      })
      .describe('The training job.'),
    modelSignatures: z
      .enum(['none', 'written', 'required'])
      .default('none')
      .describe(
        '`written`: training signs models with the key `key.pem` of the Secret `model-signing-key`. `required`: inference and verification also refuse a model that no key of the ConfigMap `model-signing-keys` signed.',
      ),
    approval: z
      .strictObject({
        required: z
          .int()
          .min(1)
          .max(10)
          .default(1)
          .describe('Number of different keys that must have signed.'),
        automatedKeys: z
          .array(z.string().min(1).max(253))
          .default([])
          .describe('Names of keys that belong to no person. Such keys alone promote nothing.'),
      })
      .optional()
      .describe(
        'Signed statements that a version needs before pods load it. The keys are those of the ConfigMap `promotion-keys`. Unset: the alias decides alone.',
      ),
    batchScoring: z
      .strictObject({
        model: z
          .string()
          .regex(/^models:\//, 'must be models:/<name>@<alias> or models:/<name>/<version>')
          .describe('Value of `loan-training score --model-uri`.'),
        input: z.string().min(1).describe('Value of `--data`.'),
        output: z.string().min(1).describe('Value of `--output`. `-` writes to the log of the pod.'),
        options: z
          .array(z.string().regex(/^--[a-z]/, 'must be an option, such as --delimiter=;'))
          .optional()
          .describe('More options of `loan-training score`, one an item.'),
        schedule: z
          .string()
          .regex(/^(\S+ ){4}\S+$/, 'must have the five fields of a cron schedule')
          .optional()
          .describe('Cron schedule, UTC. Absent: the CronJob is suspended, and you start each run.'),
        deadlineSeconds: z.int().min(60).max(86_400).default(3_600).describe('Longest run.'),
        // Room for a copy of the input, the unpacked input and the output.
        resources: resourcesSchema(4_096),
      })
      .optional()
      .describe('The job that scores a file. Absent: there is none.'),
    monitoring: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('bundled') }),
        z.strictObject({
          kind: z.literal('operator'),
          url: z.url().describe('URL of the Prometheus of the cluster.'),
          namespace: z.string().min(1).describe('Namespace of that Prometheus.'),
          workspace: z
            .url()
            .optional()
            .describe(
              'URL of a workspace of Amazon Managed Service for Prometheus. The operator asks it with signed queries. Absent: it asks `url`.',
            ),
        }),
      ])
      .describe(
        '`bundled` installs Prometheus and Grafana. `operator` uses those that the cluster already has.',
      ),
    rollout: z
      .strictObject({
        shadowSamples: z.int().min(1).max(1_000_000).describe('spec.shadow.minimumSamples.'),
        canarySamples: z
          .int()
          .min(1)
          .max(1_000_000)
          .describe('minimumSamples of the canary step at 50 %. The step at 10 % needs a quarter.'),
        intervalSeconds: z.int().min(1).max(3600).describe('spec.analysis.intervalSeconds.'),
        soakSeconds: z.int().min(0).max(86_400).describe('spec.soakSeconds.'),
      })
      .describe('What a candidate must prove, in the [ModelDeployment](modeldeployment.md).'),
    notificationHosts: z
      .array(z.string().regex(/^[a-z0-9.-]{1,253}(:\d{1,5})?$/, 'must be HOST or HOST:PORT'))
      .max(20)
      .default([])
      .describe('Hosts to which the operator may send notifications, by HTTPS. None: there are none.'),
    audit: z
      .strictObject({
        bucket: z
          .string()
          .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
          .optional()
          .describe('Bucket with Object Lock in which each transition is stored. Absent: none.'),
        stream: streamSetting()
          .optional()
          .describe('Kinesis stream, by name or ARN, into which each transition is written. Absent: none.'),
      })
      .prefault({})
      .describe('Where the operator keeps the audit record of rollouts, beside its log.'),
  })
  .superRefine(({ inference, kinesis, mlflow, artifacts }, context) => {
    const { minimumReplicas, maximumReplicas } = inference;
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    for (const problem of kinesisProblems(kinesis)) refuse(problem);
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

function kinesisProblems({ streams, region, emulator }: Environment['kinesis']): string[] {
  const byOption = Object.fromEntries(
    Object.entries(streams).map(([role, stream]) => [`kinesis.streams.${role}`, stream]),
  );
  const distant = Object.entries(byOption)
    .filter(([, stream]) => emulator && parseStream(stream)?.home !== undefined)
    .map(([option, stream]) => `${option} = ${stream}: the emulator has no accounts, so give a name`);
  const problems = streamProblems(byOption, { key: 'kinesis.region', value: region });
  return [...distant, ...problems.map(({ key, message }) => `${key}: ${message}`)];
}

/**
 * Checks the options of an environment against their ranges and against each other.
 * @throws Error that names each invalid option, its value and the rule
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
