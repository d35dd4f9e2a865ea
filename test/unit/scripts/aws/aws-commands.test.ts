import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../../infrastructure/environment-schema.ts';
import { existingAccount, medium } from '../../../../infrastructure/environments.ts';
import { INFRASTRUCTURE } from '../../../../scripts/aws/cdk.ts';
import { runAws } from '../../../../scripts/aws/run-aws.ts';
import { RecordingShell } from '../../../support/aws/recording-shell.ts';

const examples = defineAwsEnvironment({ ...medium, account: '444455556666' });
/** Without what the presets have from examples. */
const ours: AwsEnvironment = {
  ...examples,
  cluster: { ...examples.cluster, endpoint: { kind: 'private' } } as AwsEnvironment['cluster'],
  data: { ...examples.data, alarmEmail: 'team@loan-eligibility.dev' },
  budget: { monthlyDollars: 100, email: 'team@loan-eligibility.dev' } as AwsEnvironment['budget'],
};
const folder = mkdtempSync(`${tmpdir()}/aws-commands-`);
const outputsFile = `${folder}/outputs.json`;
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(outputsFile, { force: true }));

async function aws(
  args: readonly string[],
  { environment = ours, shell = new RecordingShell(), answer }: Partial<Given> = {},
) {
  const said: string[] = [];
  const printed: string[] = [];
  const terminal = {
    out: (text: string) => printed.push(text),
    say: (text: string) => said.push(text),
    ask: answer === undefined ? undefined : async () => answer,
  };
  const code = await runAws(args, async () => ({ environment, shell, terminal, outputsFile }), terminal);
  return { code, lines: shell.lines, said: said.join('\n'), printed: printed.join('\n') };
}

interface Given {
  readonly environment: AwsEnvironment;
  readonly shell: RecordingShell;
  readonly answer: string;
}

describe('help and wrong command lines', () => {
  test('the list of commands', async () => {
    const { code, printed } = await aws(['--help']);
    expect(code).toBe(0);
    expect(printed).toContain('make aws-deploy');
  });

  test.each([['explode'], [undefined]])('no such command: %s', async (name) => {
    const { code, said } = await aws(name ? [name] : []);
    expect(code).toBe(2);
    expect(said).toContain('make aws-deploy');
  });

  test('a stack that does not exist', async () => {
    const { code, said, lines } = await aws(['deploy', '--stacks', 'data,datum']);
    expect({ code, lines }).toEqual({ code: 2, lines: [] });
    expect(said).toContain('there is no stack datum; name some of network, cluster, data');
  });

  test('an option that does not exist', async () => {
    expect(await aws(['destroy', '--everything'])).toMatchObject({ code: 2, lines: [] });
  });
});

test.each(['bootstrap', 'diff', 'deploy', 'outputs', 'install', 'destroy'])(
  '%s does nothing in the account of the example',
  async (command) => {
    const { code, said, lines } = await aws([command], { environment: medium });
    expect({ code, lines }).toEqual({ code: 1, lines: [] });
    expect(said).toContain('ACCOUNT in infrastructure/environments.ts is 111122223333');
  },
);

test('synth works for the example', async () => {
  expect(await aws(['synth'], { environment: medium })).toMatchObject({
    code: 0,
    lines: ['node aws-cdk/bin/cdk synth --quiet'],
  });
});

describe('deploy', () => {
  const deployed = (outputs: object) =>
    new RecordingShell((line) => {
      const file = /--outputs-file=(\S+)/.exec(line)?.[1] ?? '';
      mkdirSync(`${INFRASTRUCTURE}/cdk.out`, { recursive: true });
      writeFileSync(file, JSON.stringify(outputs));
    });

  test('asks before it widens rights, unless told not to', async () => {
    expect((await aws(['deploy'])).lines[0]).toContain(
      'deploy --all --progress=events --require-approval=broadening',
    );
    expect((await aws(['deploy', '--yes'])).lines[0]).toContain('--require-approval=never');
  });

  test('refuses networks and mail addresses of the example', async () => {
    const { code, said, lines } = await aws(['deploy'], { environment: examples });
    expect({ code, lines }).toEqual({ code: 1, lines: [] });
    expect(said).toContain('cluster.endpoint.networks has 203.0.113.0/24');
    expect(said).toContain('budget.email is loan-eligibility@example.com');
  });

  test('outputs of stacks that were not deployed this time stay', async () => {
    await aws(['deploy'], { shell: deployed({ a: { x: '1' }, b: { y: '2' } }) });
    await aws(['deploy', '--stacks', 'data'], { shell: deployed({ b: { y: '3' } }) });
    expect(JSON.parse(readFileSync(outputsFile, 'utf8'))).toEqual({ a: { x: '1' }, b: { y: '3' } });
  });

  test('a failed deploy leaves the outputs as they were', async () => {
    writeFileSync(outputsFile, '{"a":{"x":"1"}}');
    const shell = new RecordingShell(() => {
      throw new Error('`cdk deploy` ended with 1');
    });
    const { code, said } = await aws(['deploy'], { shell });
    expect({ code, said }).toEqual({ code: 1, said: 'aws-deploy: `cdk deploy` ended with 1' });
    expect(readFileSync(outputsFile, 'utf8')).toBe('{"a":{"x":"1"}}');
  });

  test('a file of outputs that is damaged is named', async () => {
    writeFileSync(outputsFile, '[1]');
    const { said } = await aws(['deploy'], { shell: deployed({ a: {} }) });
    expect(said).toContain(`${outputsFile} is not a file of stack outputs. Delete it`);
  });
});

describe('destroy', () => {
  test('keeps the stacks that hold data, and forgets the outputs of those that go', async () => {
    writeFileSync(
      outputsFile,
      '{"loan-eligibility-data":{"Bucket":"b"},"loan-eligibility-access":{"InferenceRole":"r"}}',
    );
    const { code, lines, said } = await aws(['destroy'], { answer: 'loan-eligibility-444455556666' });
    expect(code).toBe(0);
    expect(lines).toEqual([
      'node aws-cdk/bin/cdk destroy budget add-ons access cluster --exclusively --force',
    ]);
    expect(said).toContain('loan-eligibility-network and loan-eligibility-data stay');
    expect(JSON.parse(readFileSync(outputsFile, 'utf8'))).toEqual({
      'loan-eligibility-data': { Bucket: 'b' },
    });
  });

  test('names only stacks that the settings have', async () => {
    const account = '444455556666';
    const provider = `arn:aws:iam::${account}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF`;
    const environment = defineAwsEnvironment({
      ...existingAccount,
      account,
      cluster: { kind: 'existing', name: 'platform', identity: { kind: 'irsa', providerArn: provider } },
    });
    const { lines, said } = await aws(['destroy', '--confirm', 'loan-eligibility-444455556666'], {
      environment,
    });
    expect(lines).toEqual(['node aws-cdk/bin/cdk destroy access --exclusively --force']);
    expect(said).toContain('loan-eligibility-data stay: they hold data');
  });

  test('--data begins with what uses the data, and touches no data before that is gone', async () => {
    const shell = new RecordingShell(() => {
      throw new Error('`cdk destroy` ended with 1');
    });
    const { code, lines } = await aws(['destroy', '--data', '--confirm', 'loan-eligibility-444455556666'], {
      shell,
    });
    expect({ code, lines }).toEqual({
      code: 1,
      lines: ['node aws-cdk/bin/cdk destroy budget add-ons access cluster --exclusively --force'],
    });
  });

  test('another answer deletes nothing', async () => {
    const { code, lines, said } = await aws(['destroy'], { answer: 'yes' });
    expect({ code, lines }).toEqual({ code: 1, lines: [] });
    expect(said).toContain('"yes" is not loan-eligibility-444455556666: nothing was deleted');
  });

  test('nobody to ask', async () => {
    const { lines, said } = await aws(['destroy']);
    expect(lines).toEqual([]);
    expect(said).toContain('--confirm loan-eligibility-444455556666');
  });

  test('no file of outputs appears', async () => {
    await aws(['destroy', '--confirm', 'loan-eligibility-444455556666']);
    expect(existsSync(outputsFile)).toBe(false);
  });
});
