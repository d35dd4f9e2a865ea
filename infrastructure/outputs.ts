import { z } from 'zod';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { hostName } from '../services/shared/host-name.ts';
import { streamSetting } from '../services/shared/stream-reference.ts';
import type { AwsEnvironment } from './environment-schema.ts';
import {
  auditBucketName,
  bucketName,
  clusterName,
  databaseSecretName,
  dnsServer,
  domain,
  inputShards,
  operatorHasRole,
  podRoleArn,
  registry,
  type StackPart,
  stackName,
  stackParts,
} from './names.ts';
import { networkAddress } from './settings/network.ts';

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket');
const role = z
  .string()
  .regex(/^arn:aws[a-z-]{0,12}:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, 'must be the ARN of an IAM role');

/**
 * What the stacks tell `charts/`, by stack. CloudFormation has strings alone.
 * `make aws-deploy` writes them to `infrastructure/outputs.json`: stack name, then output name, then value.
 */
const OUTPUT_SCHEMAS = {
  network: z.object({ Network: z.cidrv4() }),
  cluster: z.object({
    ClusterName: z.string().min(1),
    Identity: z.enum(['pod-identity', 'irsa']),
    /** Address of the DNS server of the cluster. Absent if the cluster is not ours. */
    DnsServer: z.ipv4().optional(),
  }),
  data: z.object({
    InputStream: streamSetting(),
    OutputStream: streamSetting(),
    RejectStream: streamSetting(),
    InputShards: z.coerce.number().pipe(z.int().min(1)),
    Bucket: bucket,
    AuditBucket: bucket,
    Registry: z
      .string()
      .max(255)
      .regex(/^[a-z0-9][a-z0-9.:_/-]*$/, 'must be a registry and a path, without a scheme'),
    /** ARN of the key that encrypts streams, buckets and database. Only a deployment knows the ARN. */
    DataKey: z.string().min(1).optional(),
    DatabaseHost: hostName,
    DatabaseNetwork: networkAddress,
    /** ARN of the secret with the password. Absent if the database is not ours. */
    DatabaseSecret: z.string().min(1).optional(),
  }),
  access: z.object({
    InferenceRole: role,
    MlflowRole: role,
    TrainingRole: role,
    BatchScoringRole: role,
    /** Present if the operator calls AWS. */
    RolloutRole: z.string().min(1).optional(),
    ExternalSecretsRole: z.string().min(1).optional(),
    DeployerRole: z.string().min(1).optional(),
    StreamToolPolicy: z.string().min(1).optional(),
  }),
} as const satisfies Partial<Record<StackPart, z.ZodObject>>;

type Told = keyof typeof OUTPUT_SCHEMAS;

export type Outputs = { readonly [Part in Told]: z.output<(typeof OUTPUT_SCHEMAS)[Part]> };

const ADVICE =
  'Run `make aws-deploy` if the stack is not deployed in this version, and `make aws-outputs` if it is.';

/** Host of a database that is not deployed yet. */
const PLACEHOLDER_HOST = 'mlflow.cluster-placeholder';

/** The outputs as far as the settings tell them, with placeholders for what only a deployment knows. */
export function expectedOutputs(environment: AwsEnvironment): Outputs {
  const { network, cluster, data, region } = environment;
  const { database } = data;
  return {
    network: { Network: network.network },
    cluster: {
      ClusterName: clusterName(environment),
      ...(cluster.kind === 'new'
        ? { Identity: 'pod-identity', DnsServer: dnsServer(cluster) }
        : { Identity: cluster.identity.kind }),
    },
    data: {
      InputStream: STREAM_NAMES.input,
      OutputStream: STREAM_NAMES.output,
      RejectStream: STREAM_NAMES.rejects,
      InputShards: inputShards(environment),
      Bucket: bucketName(environment),
      AuditBucket: auditBucketName(environment),
      Registry: registry(environment),
      DatabaseHost:
        database.kind === 'existing'
          ? database.host
          : `${PLACEHOLDER_HOST}.${region}.rds.${domain(environment)}`,
      DatabaseNetwork: database.kind === 'existing' ? database.network : network.network,
      ...(database.kind === 'existing' ? {} : { DatabaseSecret: databaseSecretName(environment) }),
    },
    access: {
      InferenceRole: podRoleArn(environment, 'inference'),
      MlflowRole: podRoleArn(environment, 'mlflow'),
      TrainingRole: podRoleArn(environment, 'training'),
      BatchScoringRole: podRoleArn(environment, 'batch-scoring'),
      ...(operatorHasRole(environment) ? { RolloutRole: podRoleArn(environment, 'rollout') } : {}),
    },
  };
}

/**
 * Reads the file that `make aws-deploy` wrote. What the settings call `existing` has no stack, so the settings tell it.
 * @param text JSON: stack name, then output name, then value
 * @throws Error that names the stack, each missing or invalid output, and the commands that write the file
 */
export function parseOutputs(text: string, environment: AwsEnvironment): Outputs {
  const stacks = parseFile(text);
  const expected = expectedOutputs(environment);
  const deployed = new Set<string>(stackParts(environment));
  const read = Object.entries(OUTPUT_SCHEMAS).map(([part, schema]) => {
    if (!deployed.has(part)) return [part, expected[part as Told]];
    return [part, parseStack(stackName(environment, part as Told), schema, stacks)];
  });
  const outputs: Outputs = Object.fromEntries(read);
  refuseOtherAccount(outputs, environment);
  return outputs;
}

/** The settings may have changed since the outputs were written. */
function refuseOtherAccount({ access, data }: Outputs, { account, region }: AwsEnvironment): void {
  const arns = { InferenceRole: access.InferenceRole, DataKey: data.DataKey ?? '' };
  for (const [output, arn] of Object.entries(arns)) {
    const [, , , where = '', owner = account] = arn.split(':');
    if (owner === account && (where === '' || where === region)) continue;
    throw new Error(
      `output ${output} = ${arn} is not of account ${account}, region ${region}, which infrastructure/environments.ts names. Run \`make aws-outputs\`, or correct ACCOUNT and REGION.`,
    );
  }
}

type Stacks = Readonly<Record<string, Readonly<Record<string, string>>>>;

function parseFile(text: string): Stacks {
  try {
    return z.record(z.string(), z.record(z.string(), z.string())).parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `the outputs must be JSON: stack name, then output name, then a text as value. ${ADVICE}`,
      { cause: error },
    );
  }
}

function parseStack(stack: string, schema: z.ZodObject, stacks: Stacks): unknown {
  const told = stacks[stack];
  if (told === undefined)
    throw new Error(
      `the outputs have no stack ${stack}; they have ${Object.keys(stacks).join(', ') || 'none'}. ${ADVICE}`,
    );
  const result = schema.safeParse(told);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return told[name] === undefined ? `${name} is missing` : `${name} = ${told[name]}: ${message}`;
  });
  throw new Error(`outputs of stack ${stack}: ${problems.join('; ')}. ${ADVICE}`);
}
