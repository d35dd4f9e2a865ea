import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existingAccount } from '../../../infrastructure/environments.ts';
import { AwsEmulator } from '../../support/aws/aws-emulator.ts';
import { AWS_TOOLS_MILLISECONDS, awsTools } from '../../support/aws/aws-tools.ts';
import { EmulatedAccount } from '../../support/aws/emulated-account.ts';

const directory = mkdtempSync(join(tmpdir(), 'aws-emulator-'));
const place = { directory, account: '210987654321', region: 'eu-west-1' };

beforeAll(() => awsTools(), AWS_TOOLS_MILLISECONDS);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(['ministack', 'moto'] as const)('%s', (name) => {
  test('answers CloudFormation, and is gone after its end', async () => {
    const emulator = await AwsEmulator[name](place);
    const client = new CloudFormationClient({ ...emulator.clientSettings, maxAttempts: 1 });
    await expect(client.send(new ListStacksCommand({}))).resolves.toMatchObject({ StackSummaries: [] });
    await emulator.stop();
    await expect(client.send(new ListStacksCommand({}))).rejects.toThrow('ECONNREFUSED');
    client.destroy();
  });

  test('that crashes fails the work with the end of its log', async () => {
    await using emulator = await AwsEmulator[name](place);
    const work = emulator.during(new Promise<never>(() => {}));
    process.kill(emulator.process.pid, 'SIGKILL');
    await expect(work).rejects.toThrow(
      new RegExp(`the emulator ended with code null\\n(.*\\n)+.*${name}.log`),
    );
  });
});

test('a crash in the middle of a command of make aws-* ends CDK, and the error has the log', async () => {
  await using emulator = await AwsEmulator.ministack(place);
  emulator.takeThisProcess();
  const settings = { ...existingAccount, account: place.account, region: place.region };
  const command = new EmulatedAccount(emulator, `${directory}/account`).make(settings, 'bootstrap');
  process.kill(emulator.process.pid, 'SIGKILL');
  await expect(command).rejects.toThrow(/the emulator ended with code null\n(.*\n)+.*ministack.log/);
});
