import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DeleteStackCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { IAMClient } from '@aws-sdk/client-iam';
import { DescribeStreamSummaryCommand, KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { GetBucketEncryptionCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { bucketName } from '../../../infrastructure/names.ts';
import { putAll } from '../../../scripts/kinesis/put-all.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import { AwsEmulator } from '../../support/aws/aws-emulator.ts';
import { awsJsonCall } from '../../support/aws/aws-json-call.ts';
import { AWS_TOOLS_MILLISECONDS } from '../../support/aws/aws-tools.ts';
import { deployable, type Template } from '../../support/aws/deployable-template.ts';
import { roleNames } from '../../support/aws/deployed-roles.ts';
import { emulatedSettings } from '../../support/aws/emulated-settings.ts';
import { EMULATOR_GAPS } from '../../support/aws/emulator-gaps.ts';
import { effects } from '../../support/aws/property-probes.ts';
import { deployStack } from '../../support/aws/stack-deployment.ts';
import { recordCount } from '../../support/aws/stream-records.ts';
import { readJson, synthesize, templateFiles } from '../../support/aws/synthesized-stacks.ts';

/** moto understands no URL of a template as CDK's command line gives it, so the stacks go through the API. */
const STACKS = ['data', 'access'] as const;
const { refused, ignored } = EMULATOR_GAPS.moto;

const directory = mkdtempSync(join(tmpdir(), 'moto-'));
let emulator: AwsEmulator;
let first: AwsEnvironment;
let second: AwsEnvironment;
let assemblies: Record<string, string>;
let cloudFormation: CloudFormationClient;
let kinesis: KinesisClient;

beforeAll(async () => {
  emulator = await AwsEmulator.moto({ directory, account: '210987654321', region: 'eu-west-1' });
  cloudFormation = new CloudFormationClient(emulator.clientSettings);
  kinesis = new KinesisClient(emulator.clientSettings);
  first = await emulatedSettings(emulator, {
    access: { deployer: { repository: 'example/loan-eligibility' } },
    data: {
      streams: { capacity: 'provisioned', shards: 2 },
      // moto cannot update a database.
      database: { kind: 'existing', host: 'postgres.example.com', network: '10.9.0.0/24' },
    },
  });
  second = {
    ...first,
    data: { ...first.data, retentionHours: 240, streams: { capacity: 'provisioned', shards: 3 } },
  };
  assemblies = await synthesize(directory, {
    first: { environment: first },
    second: { environment: second },
  });
  // `cdk bootstrap` leaves its version there, and each template asks for it.
  const parameter = { Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' };
  await awsJsonCall(emulator, 'ssm', 'AmazonSSM.PutParameter', parameter);
  for (const stack of STACKS) await deploy(stack, 'first', 'create');
}, AWS_TOOLS_MILLISECONDS);

afterAll(async () => {
  cloudFormation?.destroy();
  kinesis?.destroy();
  await emulator?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('makes all resources but those of the table', async () => {
  const missing = new Set<string>();
  for (const stack of STACKS) {
    const { StackResourceSummaries = [] } = await cloudFormation.send(
      new ListStackResourcesCommand({ StackName: stackOf(stack) }),
    );
    const made = new Set(StackResourceSummaries.map(({ LogicalResourceId }) => LogicalResourceId));
    for (const [id, { Type }] of Object.entries(templateOf(stack, 'first').Resources ?? {}))
      if (!made.has(id)) missing.add(Type);
  }
  const listed = ignored.flatMap(({ type, properties }) => (properties ? [] : [type]));
  expect([...missing].sort()).toEqual(listed.sort());
});

test('encrypts the bucket with the key of the stack', async () => {
  const s3 = new S3Client(emulator.clientSettings);
  const answer = await s3.send(new GetBucketEncryptionCommand({ Bucket: bucketName(first) }));
  s3.destroy();
  expect(answer.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault).toEqual({
    SSEAlgorithm: 'aws:kms',
    KMSMasterKeyID: expect.stringMatching(/^arn:aws:kms:eu-west-1:210987654321:key\//),
  });
});

test('adds shards in place and keeps the records', async () => {
  const records = ['a', 'b', 'c'].map((partitionKey) => ({ partitionKey, data: Buffer.from('{}') }));
  await putAll(kinesis, STREAM_NAMES.input, records);
  for (const stack of STACKS) await deploy(stack, 'second', 'update');
  const { StreamDescriptionSummary } = await kinesis.send(
    new DescribeStreamSummaryCommand({ StreamName: STREAM_NAMES.input }),
  );
  expect(StreamDescriptionSummary).toMatchObject({ OpenShardCount: 3, RetentionPeriodHours: 240 });
  expect(await recordCount(kinesis, STREAM_NAMES.input)).toBe(records.length);
});

test('lacks the properties of the table, and no others that are asked for', async () => {
  const found = Object.entries(await effects(emulator, second)).map(([type, properties]) => [
    type,
    Object.keys(properties).filter((name) => !properties[name]),
  ]);
  const listed = ignored.flatMap(({ type, properties }) => (properties ? [[type, properties]] : []));
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(listed));
});

test('keeps streams and buckets of a deleted stack, and deletes the roles', async () => {
  for (const stack of STACKS.toReversed())
    await cloudFormation.send(new DeleteStackCommand({ StackName: stackOf(stack) }));
  expect((await kinesis.send(new ListStreamsCommand({}))).StreamNames?.sort()).toEqual(
    Object.values(STREAM_NAMES).sort(),
  );
  expect(await recordCount(kinesis, STREAM_NAMES.input)).toBeGreaterThan(0);
  const iam = new IAMClient(emulator.clientSettings);
  expect(await roleNames(iam, 'loan-eligibility-')).toEqual([]);
  iam.destroy();
});

function stackOf(stack: (typeof STACKS)[number]): string {
  return `loan-eligibility-${stack}`;
}

function templateOf(stack: (typeof STACKS)[number], assembly: 'first' | 'second'): Template {
  const template = readJson(templateFiles(assemblies[assembly] ?? '')[stack] ?? '');
  // moto does not know RetainExceptOnCreate. For a stack that was created both policies mean the same.
  return JSON.parse(JSON.stringify(template).replaceAll('"RetainExceptOnCreate"', '"Retain"'));
}

function deploy(
  stack: (typeof STACKS)[number],
  assembly: 'first' | 'second',
  mode: 'create' | 'update',
): Promise<unknown> {
  const template = JSON.stringify(deployable(templateOf(stack, assembly), refused));
  return emulator.during(deployStack(cloudFormation, stackOf(stack), template, mode));
}
