import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, ValidateTemplateCommand } from '@aws-sdk/client-cloudformation';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListStreamsCommand,
  ListTagsForStreamCommand,
} from '@aws-sdk/client-kinesis';
import {
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { auditBucketName, bucketName, IMAGES, logBucketName, usesOf } from '../../../infrastructure/names.ts';
import { type AwsServiceAccount, needed, PERMISSIONS } from '../../../infrastructure/permissions.ts';
import { placeOf } from '../../../infrastructure/place.ts';
import { startInference } from '../../../scripts/stack/inference.ts';
import { repositoryRoot, trainingBin } from '../../../scripts/stack/paths.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import { AwsEmulator } from '../../support/aws/aws-emulator.ts';
import { awsJsonCall } from '../../support/aws/aws-json-call.ts';
import { AWS_TOOLS_MILLISECONDS } from '../../support/aws/aws-tools.ts';
import { canonical, deployedRole, roleNames } from '../../support/aws/deployed-roles.ts';
import { EmulatedAccount } from '../../support/aws/emulated-account.ts';
import { emulatedSettings } from '../../support/aws/emulated-settings.ts';
import { EMULATOR_GAPS } from '../../support/aws/emulator-gaps.ts';
import { effects } from '../../support/aws/property-probes.ts';
import { recordCount } from '../../support/aws/stream-records.ts';
import { loanArtifact } from '../../support/model/loan-model.ts';
import { registerVersion } from '../../support/register-version.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';

const run = promisify(execFile);
const COMMAND_MILLISECONDS = 240_000;
const DATA = 'data/applications.csv';
const STREAMS = Object.values(STREAM_NAMES);
const ACCOUNTS: readonly AwsServiceAccount[] = ['inference', 'mlflow', 'training', 'batch-scoring'];

const directory = mkdtempSync(join(tmpdir(), 'deployment-'));
let emulator: AwsEmulator;
let account: EmulatedAccount;
let settings: AwsEnvironment;
let kinesis: KinesisClient;
let s3: S3Client;
let iam: IAMClient;

beforeAll(async () => {
  emulator = await AwsEmulator.ministack({ directory, account: '210987654321', region: 'eu-west-1' });
  emulator.takeThisProcess();
  kinesis = new KinesisClient(emulator.clientSettings);
  s3 = new S3Client(emulator.clientSettings);
  iam = new IAMClient(emulator.clientSettings);
  account = new EmulatedAccount(emulator, `${directory}/account`);
  settings = await emulatedSettings(emulator, {
    access: { deployer: { repository: 'example/loan-eligibility' }, keepPayloads: true },
  });
  await account.make(settings, 'bootstrap');
  await account.make(settings, 'deploy', '--yes');
}, AWS_TOOLS_MILLISECONDS);

afterAll(async () => {
  for (const client of [kinesis, s3, iam]) client?.destroy();
  await emulator?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('make aws-deploy', () => {
  test('notes the outputs that the manifests are made from', () => {
    expect(account.outputs('loan-eligibility-data')).toMatchObject({
      InputStream: STREAM_NAMES.input,
      InputShards: '2',
      Bucket: 'loan-eligibility-210987654321',
      Registry: '210987654321.dkr.ecr.eu-west-1.amazonaws.com/loan-eligibility',
      DatabaseHost: expect.stringMatching(/\.eu-west-1\.rds\.amazonaws\.com$/),
      DatabaseSecret: expect.stringContaining('loan-eligibility/mlflow-database'),
    });
    expect(account.outputs('loan-eligibility-access')).toMatchObject({
      InferenceRole: 'arn:aws:iam::210987654321:role/loan-eligibility-inference',
      DeployerRole: 'arn:aws:iam::210987654321:role/loan-eligibility-deployer',
    });
  });

  test.each(STREAMS)('makes stream %s with two shards that keep records for seven days', async (name) => {
    expect(await summary(name)).toMatchObject({
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      OpenShardCount: 2,
      RetentionPeriodHours: 168,
    });
  });

  test('makes private buckets that refuse plain HTTP; the first two keep old versions', async () => {
    const buckets = [bucketName(settings), auditBucketName(settings), logBucketName(settings)];
    for (const Bucket of buckets) {
      const block = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      expect(Object.values(block.PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
      const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
      expect(JSON.parse(Policy).Statement).toContainEqual({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      });
    }
    for (const Bucket of buckets.slice(0, 2)) {
      expect(await s3.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: 'Enabled' });
    }
  });

  test('makes a repository for each image, whose tags never change and whose images are scanned', async () => {
    const { repositories } = (await awsJsonCall(
      emulator,
      'ecr',
      'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
      { repositoryNames: IMAGES.map((image) => `loan-eligibility/${image}`) },
    )) as { repositories: readonly object[] };
    expect(repositories).toHaveLength(IMAGES.length);
    for (const repository of repositories) {
      expect(repository).toMatchObject({
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
      });
    }
  });

  test('makes a key that rotates', async () => {
    const KeyId = account.outputs('loan-eligibility-data').DataKey;
    expect(await awsJsonCall(emulator, 'kms', 'TrentService.GetKeyRotationStatus', { KeyId })).toMatchObject({
      KeyRotationEnabled: true,
    });
  });

  test.each(ACCOUNTS)('makes a role for %s with exactly the rights of the table', async (serviceAccount) => {
    const role = await deployedRole(iam, `loan-eligibility-${serviceAccount}`);
    const place = placeOf(settings, account.outputs('loan-eligibility-data').DataKey ?? '');
    const rows = needed(PERMISSIONS, usesOf(settings)).filter((row) => row.account === serviceAccount);
    const table = rows.map(({ actions, resources, conditions }) =>
      canonical({
        Effect: 'Allow',
        Action: actions,
        Resource: resources(place),
        ...(conditions ? { Condition: conditions(place) } : {}),
      }),
    );
    expect(role.rights).toHaveLength(table.length);
    expect(role.rights).toEqual(expect.arrayContaining(table));
    expect(role.attached).toEqual([]);
  });

  test.each(ACCOUNTS)(
    'lets only the pods of the ServiceAccount take the role of %s',
    async (serviceAccount) => {
      const { trust } = await deployedRole(iam, `loan-eligibility-${serviceAccount}`);
      expect(trust).toEqual([
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Condition: {
            StringEquals: {
              'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:eu-west-1:210987654321:cluster/platform',
              'aws:RequestTag/kubernetes-namespace': 'loan-eligibility',
              'aws:RequestTag/kubernetes-service-account': serviceAccount,
            },
          },
        },
      ]);
    },
  );

  test('makes no other role than these and that of the workflows', async () => {
    const roles = [...ACCOUNTS, 'deployer'].map((name) => `loan-eligibility-${name}`);
    expect(await roleNames(iam, 'loan-eligibility-')).toEqual(roles.sort());
  });
});

describe('our code on what was deployed', () => {
  test(
    'inference decides the application that the end-to-end check puts on the stream',
    async () => {
      const mlflowUrl = await sharedMlflow();
      const version = await registerVersion(mlflowUrl, { name: 'deployed', files: loanArtifact() });
      await new ModelRegistry({ url: mlflowUrl }).setAlias('deployed', 'champion', version);
      await using service = await startInference({
        directory,
        mlflowUrl,
        kinesisUrl: emulator.url,
        streams: STREAM_NAMES,
        environment: { ...emulator.variables, MODEL_NAME: 'deployed' },
      });
      await service.ready(60_000);
      const { stdout } = await run(
        process.execPath,
        [
          `${repositoryRoot}/scripts/kinesis-e2e.ts`,
          `--endpoint=${emulator.url}`,
          `--region=${emulator.region}`,
        ],
        { env: process.env, timeout: 60_000 },
      );
      expect(stdout).toMatch(/approved=true .*version=1 .*shardId-/);
    },
    COMMAND_MILLISECONDS,
  );

  test(
    'training reads the data that was put into the bucket',
    async () => {
      const training = `${trainingBin}/loan-training`;
      const options = { env: process.env, cwd: directory, timeout: 120_000 };
      await run(training, ['generate', '--rows=300', '--output=applications.csv'], options);
      await s3.send(
        new PutObjectCommand({
          Bucket: bucketName(settings),
          Key: DATA,
          Body: readFileSync(`${directory}/applications.csv`),
        }),
      );
      const source = `s3://${bucketName(settings)}/${DATA}`;
      const { stdout, stderr } = await run(
        training,
        ['data', `--data=${source}`, '--work-dir=training', `--tracking-uri=${await sharedMlflow()}`],
        options,
      );
      expect(stdout + stderr).toContain('300 rows');
    },
    COMMAND_MILLISECONDS,
  );
});

describe('what comes later', () => {
  test(
    'a second deployment changes settings in place, and keeps records and objects',
    async () => {
      const arn = (await summary(STREAM_NAMES.input))?.StreamARN;
      const key = account.outputs('loan-eligibility-data').DataKey;
      settings = {
        ...settings,
        tags: { team: 'credit' },
        data: { ...settings.data, retentionHours: 240, streams: { capacity: 'provisioned', shards: 3 } },
      };
      await account.make(settings, 'deploy', '--yes');
      expect(await summary(STREAM_NAMES.input)).toMatchObject({ StreamARN: arn, RetentionPeriodHours: 240 });
      const { Tags } = await kinesis.send(new ListTagsForStreamCommand({ StreamName: STREAM_NAMES.input }));
      expect(Tags).toContainEqual({ Key: 'team', Value: 'credit' });
      expect(account.outputs('loan-eligibility-data').DataKey).toBe(key);
      expect(await recordCount(kinesis, STREAM_NAMES.output)).toBeGreaterThan(0);
      await s3.send(new HeadObjectCommand({ Bucket: bucketName(settings), Key: DATA }));
    },
    COMMAND_MILLISECONDS,
  );

  test('the properties of the table have no effect, and all others that are asked for have one', async () => {
    const found = Object.entries(await effects(emulator, settings)).map(([type, properties]) => [
      type,
      Object.keys(properties).filter((name) => !properties[name]),
    ]);
    const listed = EMULATOR_GAPS.ministack.ignored.map(({ type, properties = [] }) => [type, properties]);
    expect(Object.fromEntries(found)).toEqual({
      'AWS::ECR::Repository': [],
      ...Object.fromEntries(listed),
    });
  });

  test('ministack still refuses what the table leaves out', async () => {
    const client = new CloudFormationClient(emulator.clientSettings);
    for (const { type } of EMULATOR_GAPS.ministack.refused) {
      const TemplateBody = JSON.stringify({ Resources: { one: { Type: type } } });
      await expect(client.send(new ValidateTemplateCommand({ TemplateBody }))).rejects.toThrow(type);
    }
    client.destroy();
  });

  test(
    'make aws-destroy removes the roles and keeps what holds data',
    async () => {
      await account.make(settings, 'destroy', `--confirm=loan-eligibility-${emulator.account}`);
      expect(await roleNames(iam, 'loan-eligibility-')).toEqual([]);
      expect(await recordCount(kinesis, STREAM_NAMES.output)).toBeGreaterThan(0);
      await s3.send(new HeadObjectCommand({ Bucket: bucketName(settings), Key: DATA }));
    },
    COMMAND_MILLISECONDS,
  );

  test(
    'make aws-destroy --data deletes the rest, but not the audit bucket and its key',
    async () => {
      const KeyId = account.outputs('loan-eligibility-data').DataKey;
      await account.make(settings, 'destroy', '--data', `--confirm=loan-eligibility-${emulator.account}`);
      expect((await kinesis.send(new ListStreamsCommand({}))).StreamNames).toEqual([]);
      const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
      const left = Buckets.map(({ Name = '' }) => Name).filter((name) => name.startsWith('loan-eligibility'));
      expect(left).toEqual([auditBucketName(settings)]);
      const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: auditBucketName(settings) }));
      expect(Policy).toContain('aws:SecureTransport');
      expect(await awsJsonCall(emulator, 'kms', 'TrentService.DescribeKey', { KeyId })).toMatchObject({
        KeyMetadata: { KeyState: 'Enabled' },
      });
    },
    COMMAND_MILLISECONDS,
  );
});

async function summary(StreamName: string) {
  const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
  return StreamDescriptionSummary;
}
