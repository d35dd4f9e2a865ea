import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DeleteStackCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { IAMClient } from '@aws-sdk/client-iam';
import { DescribeStreamSummaryCommand, KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existingAccount } from '../../../infrastructure/environments.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import { AwsEmulator } from '../../support/aws/aws-emulator.ts';
import { awsJsonCall } from '../../support/aws/aws-json-call.ts';
import { AWS_TOOLS_MILLISECONDS } from '../../support/aws/aws-tools.ts';
import { deployable, type Template } from '../../support/aws/deployable-template.ts';
import { deployedRole } from '../../support/aws/deployed-roles.ts';
import { emulatedSettings } from '../../support/aws/emulated-settings.ts';
import { EMULATOR_GAPS } from '../../support/aws/emulator-gaps.ts';
import { deployStack } from '../../support/aws/stack-deployment.ts';
import { readJson, synthesize, templateFiles } from '../../support/aws/synthesized-stacks.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const PROVIDER = `arn:aws:iam::210987654321:oidc-provider/${ISSUER}`;

const directory = mkdtempSync(join(tmpdir(), 'existing-account-'));
let emulator: AwsEmulator;
let cloudFormation: CloudFormationClient;
let kinesis: KinesisClient;

beforeAll(async () => {
  emulator = await AwsEmulator.ministack({ directory, account: '210987654321', region: 'eu-west-1' });
  cloudFormation = new CloudFormationClient(emulator.clientSettings);
  kinesis = new KinesisClient(emulator.clientSettings);
  const environment = await emulatedSettings(emulator, {
    cluster: { kind: 'existing', name: 'platform', identity: { kind: 'irsa', providerArn: PROVIDER } },
    data: {
      ...existingAccount.data,
      streams: { capacity: 'on-demand' },
      database: { kind: 'existing', host: 'postgres.example.com', network: '10.9.0.0/24' },
    },
  });
  const { assembly = '' } = await synthesize(directory, { assembly: { environment } });
  // `cdk bootstrap` leaves its version there, and each template asks for it.
  const parameter = { Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' };
  await awsJsonCall(emulator, 'ssm', 'AmazonSSM.PutParameter', parameter);
  for (const stack of ['data', 'access']) {
    const template = deployable(
      readJson<Template>(templateFiles(assembly)[stack] ?? ''),
      EMULATOR_GAPS.ministack.refused,
    );
    await emulator.during(deployStack(cloudFormation, `loan-eligibility-${stack}`, JSON.stringify(template)));
  }
}, AWS_TOOLS_MILLISECONDS);

afterAll(async () => {
  cloudFormation?.destroy();
  kinesis?.destroy();
  await emulator?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test.each(Object.values(STREAM_NAMES))('stream %s takes its capacity on demand', async (StreamName) => {
  const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
  expect(StreamDescriptionSummary).toMatchObject({
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    RetentionPeriodHours: 168,
  });
});

test('the provider of the cluster vouches for the pods of one ServiceAccount', async () => {
  const iam = new IAMClient(emulator.clientSettings);
  const { trust } = await deployedRole(iam, 'loan-eligibility-inference');
  iam.destroy();
  expect(trust).toEqual([
    {
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${ISSUER}:aud`]: 'sts.amazonaws.com',
          [`${ISSUER}:sub`]: 'system:serviceaccount:loan-eligibility:inference',
        },
      },
    },
  ]);
});

test('a deleted data stack leaves the streams', async () => {
  for (const stack of ['access', 'data']) {
    const name = { StackName: `loan-eligibility-${stack}` };
    await cloudFormation.send(new DeleteStackCommand(name));
    await waitUntilStackDeleteComplete({ client: cloudFormation, maxWaitTime: 60, minDelay: 1 }, name);
  }
  expect((await kinesis.send(new ListStreamsCommand({}))).StreamNames?.sort()).toEqual(
    Object.values(STREAM_NAMES).sort(),
  );
});
