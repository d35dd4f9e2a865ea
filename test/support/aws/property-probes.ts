import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListTagsForStreamCommand,
} from '@aws-sdk/client-kinesis';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { auditBucketName } from '../../../infrastructure/names.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import type { AwsEmulator } from './aws-emulator.ts';
import { awsJsonCall } from './aws-json-call.ts';

type Probe = () => Promise<boolean>;

/** Whether properties of deployed resources have an effect, by type and property. */
export async function effects(
  emulator: AwsEmulator,
  settings: AwsEnvironment,
): Promise<Record<string, Record<string, boolean>>> {
  const s3 = new S3Client(emulator.clientSettings);
  const kinesis = new KinesisClient(emulator.clientSettings);
  const probes = {
    'AWS::S3::Bucket': bucketProbes(s3, auditBucketName(settings)),
    'AWS::Kinesis::Stream': streamProbes(kinesis, settings),
    'AWS::ECR::Repository': repositoryProbes(emulator, `${settings.name}/inference`),
  };
  const found: Record<string, Record<string, boolean>> = {};
  for (const [type, probesOfType] of Object.entries(probes)) {
    const results = Object.entries(probesOfType).map(async ([name, probe]) => [name, await probe()] as const);
    found[type] = Object.fromEntries(await Promise.all(results));
  }
  s3.destroy();
  kinesis.destroy();
  return found;
}

function bucketProbes(s3: S3Client, Bucket: string): Record<string, Probe> {
  return {
    BucketEncryption: async () => {
      const answer = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
      const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm === 'aws:kms';
    },
    LifecycleConfiguration: () => exists(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))),
    LoggingConfiguration: async () =>
      (await s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled !== undefined,
    ObjectLockConfiguration: () => exists(s3.send(new GetObjectLockConfigurationCommand({ Bucket }))),
    PublicAccessBlockConfiguration: () => exists(s3.send(new GetPublicAccessBlockCommand({ Bucket }))),
    VersioningConfiguration: async () =>
      (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status === 'Enabled',
  };
}

function streamProbes(kinesis: KinesisClient, { data, name }: AwsEnvironment): Record<string, Probe> {
  const StreamName = STREAM_NAMES.input;
  const summary = async () =>
    (await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary;
  return {
    RetentionPeriodHours: async () => (await summary())?.RetentionPeriodHours === data.retentionHours,
    'ShardCount of an update': async () =>
      data.streams.capacity === 'provisioned' && (await summary())?.OpenShardCount === data.streams.shards,
    StreamEncryption: async () => (await summary())?.EncryptionType === 'KMS',
    Tags: async () => {
      const { Tags = [] } = await kinesis.send(new ListTagsForStreamCommand({ StreamName }));
      return Tags.some(({ Key, Value }) => Key === 'application' && Value === name);
    },
  };
}

function repositoryProbes(emulator: AwsEmulator, repositoryName: string): Record<string, Probe> {
  const ecr = (operation: string, input: object) =>
    awsJsonCall(emulator, 'ecr', `AmazonEC2ContainerRegistry_V20150921.${operation}`, input);
  const repository = async () => {
    const answer = await ecr('DescribeRepositories', { repositoryNames: [repositoryName] });
    return (answer as { repositories: readonly RepositorySettings[] }).repositories[0];
  };
  return {
    ImageScanningConfiguration: async () =>
      (await repository())?.imageScanningConfiguration?.scanOnPush === true,
    ImageTagMutability: async () => (await repository())?.imageTagMutability === 'IMMUTABLE',
    LifecyclePolicy: () => exists(ecr('GetLifecyclePolicy', { repositoryName })),
  };
}

interface RepositorySettings {
  readonly imageTagMutability: string;
  readonly imageScanningConfiguration?: { readonly scanOnPush?: boolean };
}

/** Services answer with an error if a resource has no configuration of a kind. */
async function exists(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    const { name, message } = error as Error;
    if (/NotFound|NoSuch/.test(name + message)) return false;
    throw error;
  }
}
