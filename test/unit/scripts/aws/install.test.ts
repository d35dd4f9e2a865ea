import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defineAwsEnvironment } from '../../../../infrastructure/environment-schema.ts';
import { medium } from '../../../../infrastructure/environments.ts';
import { stackName } from '../../../../infrastructure/names.ts';
import { expectedOutputs } from '../../../../infrastructure/outputs.ts';
import { runAws } from '../../../../scripts/aws/run-aws.ts';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';
import { RecordingShell } from '../../../support/aws/recording-shell.ts';

const environment = defineAwsEnvironment({ ...medium, account: '444455556666' });
const folder = mkdtempSync(`${tmpdir()}/aws-install-`);
const outputsFile = `${folder}/outputs.json`;
const authority = `${folder}/ca.pem`;
const data = `${folder}/my.csv`;

/** A registry without images, a cluster without Secrets, and a Job that ends as told. */
function answering(line: string, job = 'SuccessCriteriaMet'): string | undefined {
  if (line.startsWith('aws ecr batch-get-image')) return '[]';
  if (line.includes(' get secret ')) return '';
  if (line.includes(' get job/')) return job;
  return undefined;
}

beforeAll(() => {
  const outputs = expectedOutputs(environment);
  const strings = Object.entries(outputs).map(([part, told]) => [
    stackName(environment, part as keyof typeof outputs),
    Object.fromEntries(Object.entries(told).map(([name, value]) => [name, String(value)])),
  ]);
  writeFileSync(outputsFile, JSON.stringify(Object.fromEntries(strings)));
  writeFileSync(data, 'age\n30\n');
  writeFileSync(authority, '-----BEGIN CERTIFICATE-----');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function install(
  args: readonly string[],
  shell = new RecordingShell(answering),
  settings = environment,
) {
  const said: string[] = [];
  const terminal = { out: (text: string) => said.push(text), say: (text: string) => said.push(text) };
  const context = { environment: settings, shell, terminal: { ...terminal, ask: undefined }, outputsFile };
  const command = ['install', '--authority', authority, ...args];
  const code = await runAws(command, async () => context, context.terminal);
  const lines = shell.lines.map((line) => line.replaceAll(`${repositoryRoot}/`, ''));
  return { code, lines, inputs: shell.inputs, said: said.join('\n') };
}

test('finds the cluster, pushes the images, applies and trains, each in the context of the cluster', async () => {
  const { code, lines } = await install(['--data', data]);
  expect(code).toBe(0);
  expect(lines[0]).toBe(
    'aws eks update-kubeconfig --name loan-eligibility --region us-east-1 --alias loan-eligibility-444455556666',
  );
  expect(lines).toContain('node charts/main.ts --environment=eks');
  expect(lines).toContain(
    `aws s3 cp ${data} s3://loan-eligibility-444455556666/data/applications.csv --only-show-errors`,
  );
  const kubectl = lines.filter((line) => line.startsWith('kubectl'));
  for (const line of kubectl) expect(line).toMatch(/^kubectl --context loan-eligibility-444455556666 /);
  const order = [/k8s\/cluster$/, /00-namespace.yaml$/, /apply --filename=-$/, /k8s\/eks$/, / create job /];
  const places = order.map((step) => kubectl.findIndex((line) => step.test(line)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('the password of the registry is in no command line', async () => {
  const { lines, inputs } = await install([]);
  expect(lines.join('\n')).not.toContain('a-password');
  expect(inputs).toContain('a-password');
});

test('--context uses that context and makes none', async () => {
  const { lines } = await install(['--context', 'mine', '--skip-images']);
  expect(lines.some((line) => line.startsWith('aws'))).toBe(false);
  expect(
    lines.filter((line) => line.startsWith('kubectl')).every((line) => line.includes('--context mine')),
  ).toBe(true);
});

test('without training data no job is made, and the command that makes it is told', async () => {
  const { lines, said } = await install([]);
  expect(lines.some((line) => line.includes('create job'))).toBe(false);
  expect(said).toContain(
    'Put your training data to s3://loan-eligibility-444455556666/data/applications.csv',
  );
});

test('a step that fails ends the installation, and its title is the last', async () => {
  const shell = new RecordingShell((line) => {
    if (line.startsWith('docker login')) throw new Error('`docker login` ended with 1');
    return answering(line);
  });
  const { code, said, lines } = await install([], shell);
  expect(code).toBe(1);
  expect(said).toMatch(/=== 4\/8 build and push the images\naws-install: `docker login` ended with 1$/);
  expect(lines.some((line) => line.startsWith('kubectl') && line.includes('apply'))).toBe(false);
});

test('an image whose tag is in the registry is not built again, and that is told', async () => {
  const shell = new RecordingShell((line) =>
    /batch-get-image .*\/(mlflow|tools) /.test(line) ? '["0.1.0"]' : answering(line),
  );
  const { code, said } = await install([], shell);
  expect(code).toBe(0);
  expect(shell.environments).toContainEqual(
    expect.objectContaining({ IMAGES: 'inference,operator,training', PLATFORMS: 'linux/amd64' }),
  );
  expect(said).toContain('tools, mlflow: not built, because 0.1.0 is in the registry');
});

test('if every tag is in the registry, nothing is built', async () => {
  const shell = new RecordingShell((line) =>
    line.includes('batch-get-image') ? '["0.1.0"]' : answering(line),
  );
  const { code, lines } = await install([], shell);
  expect(code).toBe(0);
  expect(lines.filter((line) => /docker|scripts\/images/.test(line))).toEqual([]);
});

test.each([['--data'], ['--authority']])(
  '%s FILE that is not there is told before any step',
  async (option) => {
    const { code, lines, said } = await install([option, `${folder}/none`]);
    expect({ code, lines }).toEqual({ code: 2, lines: [] });
    expect(said).toContain(`${option} ${folder}/none cannot be read: ENOENT`);
  },
);

describe('the password, if nothing makes the Secret', () => {
  const own = defineAwsEnvironment({
    ...environment,
    addOns: { ...environment.addOns, externalSecrets: 'own' },
  });

  test('ends the installation before an image is built, and the error names the commands', async () => {
    const { code, lines, said } = await install([], undefined, own);
    expect(code).toBe(1);
    expect(lines.some((line) => /docker|scripts\/images| apply /.test(line))).toBe(false);
    expect(said).toContain('has no Secret mlflow-database, and with these settings nothing makes it');
    expect(said).toContain('create secret generic mlflow-database --from-literal=password="$PASSWORD"');
  });

  test('is taken from a Secret that is there', async () => {
    const shell = new RecordingShell((line) =>
      line.includes(' get secret ') ? 'secret/mlflow-database' : answering(line),
    );
    expect((await install([], shell, own)).code).toBe(0);
  });
});

test('a training that fails ends the installation with the log, and waits no longer', async () => {
  const shell = new RecordingShell((line) => answering(line, 'FailureTarget Failed'));
  const { code, lines, said } = await install(['--data', data], shell);
  expect(code).toBe(1);
  expect(lines.at(-1)).toMatch(/ logs job\/first-model-\d+ /);
  expect(lines.join('\n')).not.toContain('condition=Complete');
  expect(said).toMatch(/job\/first-model-\d+ has failed: the end of its log is above/);
});
