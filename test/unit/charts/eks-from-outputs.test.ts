import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eksEnvironment } from '../../../charts/eks-environment.ts';
import { eksSource, imagePrefixIn, isFromOutputs } from '../../../charts/eks-source.ts';
import { eks } from '../../../charts/environments.ts';
import { skaffoldFile } from '../../../charts/skaffold.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, SELECTED, small } from '../../../infrastructure/environments.ts';
import { podRoleArn, stackName } from '../../../infrastructure/names.ts';
import { expectedOutputs, type Outputs } from '../../../infrastructure/outputs.ts';
import { type ManifestObject, objectsOf } from '../../support/manifest-objects.ts';

const folder = mkdtempSync(`${tmpdir()}/eks-outputs-`);
afterAll(() => rmSync(folder, { recursive: true }));

const PLACES = [
  { region: 'us-east-1', partition: 'aws', domain: 'amazonaws.com' },
  { region: 'eu-central-1', partition: 'aws', domain: 'amazonaws.com' },
  { region: 'ap-southeast-2', partition: 'aws', domain: 'amazonaws.com' },
  { region: 'us-gov-west-1', partition: 'aws-us-gov', domain: 'amazonaws.com' },
  { region: 'cn-north-1', partition: 'aws-cn', domain: 'amazonaws.com.cn' },
];

const account = fc.stringMatching(/^[2-9]\d{11}$/);

function moved(
  preset: AwsEnvironment,
  { account: id, region, partition }: { account: string; region: string; partition: string },
): AwsEnvironment {
  const { budget: _, ...settings } = preset;
  const zones = ['a', 'b', 'c'].map((zone) => region + zone);
  const there = JSON.stringify({ ...settings, zones })
    .replaceAll(preset.account, id)
    .replaceAll(`${preset.region}.`, `${region}.`)
    .replaceAll('arn:aws:', `arn:${partition}:`);
  return defineAwsEnvironment({ ...JSON.parse(there), region });
}

function text(aws: AwsEnvironment, outputs: Outputs = expectedOutputs(aws)): string {
  const environment = eksEnvironment(aws, outputs);
  const skaffold = skaffoldFile({ kind: 'x', eks: environment.images.prefix });
  return [...systemManifests(environment).values(), skaffold].join('\n---\n');
}

function objects(aws: AwsEnvironment): ManifestObject[] {
  return objectsOf(systemManifests(eksEnvironment(aws, expectedOutputs(aws))));
}

function find(all: readonly ManifestObject[], kind: string, name: string): ManifestObject | undefined {
  return all.find((object) => object.kind === kind && object.metadata.name === name);
}

describe.each([
  { name: 'small', preset: small },
  { name: 'medium', preset: medium },
])('$name', ({ preset }) => {
  test('one change of account and region reaches every manifest and the names of the images', () => {
    fc.assert(
      fc.property(account, fc.constantFrom(...PLACES), (id, { region, partition, domain }) => {
        const made = text(moved(preset, { account: id, region, partition }));
        expect(made).not.toContain('111122223333');
        if (region !== 'us-east-1') expect(made).not.toContain('us-east-1');
        expect(made).toContain(`image: ${id}.dkr.ecr.${region}.${domain}/loan-eligibility/inference`);
        expect(made).toContain(`s3://loan-eligibility-${id}/mlflow`);
      }),
      { numRuns: 25 },
    );
  });

  test('pods get their rights from EKS: no account names a role, and each client may ask the agent', () => {
    const all = objects(preset);
    for (const { kind, metadata } of all)
      if (kind === 'ServiceAccount') expect(metadata.annotations).toBeUndefined();
    const egress = find(all, 'NetworkPolicy', 'clients-to-pod-identity-egress')?.spec;
    expect(egress.podSelector.matchExpressions[0].values).toEqual([
      'inference',
      'mlflow',
      'training',
      'batch-scoring',
    ]);
    expect(egress.egress[0]).toEqual({
      to: [{ ipBlock: { cidr: '169.254.170.23/32' } }],
      ports: [{ port: 80, protocol: 'TCP' }],
    });
  });
});

test('an existing cluster with a provider: each account names its role, and nobody asks the agent', () => {
  const all = objects(existingAccount);
  for (const name of ['inference', 'mlflow', 'training', 'batch-scoring'] as const) {
    expect(find(all, 'ServiceAccount', name)?.metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': podRoleArn(existingAccount, name),
    });
  }
  expect(find(all, 'NetworkPolicy', 'clients-to-pod-identity-egress')).toBeUndefined();
});

test('there are never more consumers than shards, and never fewer than one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (shards) => {
      const expected = expectedOutputs(medium);
      const { inference } = eksEnvironment(medium, {
        ...expected,
        data: { ...expected.data, InputShards: shards },
      });
      expect(inference.maximumReplicas).toBe(shards);
      expect(inference.minimumReplicas).toBe(Math.min(2, shards));
    }),
  );
});

describe('the password of the database', () => {
  test('External Secrets copies it, if the stacks install External Secrets', () => {
    const secret = find(objects(medium), 'ExternalSecret', 'mlflow-database');
    expect(secret?.spec.data).toEqual([
      {
        secretKey: 'password',
        remoteRef: { key: 'loan-eligibility/mlflow-database', property: 'password' },
      },
    ]);
    expect(find(objects(medium), 'SecretStore', secret?.spec.secretStoreRef.name)).toBeDefined();
  });

  test.each([
    { why: 'the cluster is not ours', aws: existingAccount },
    {
      why: 'the database is not ours',
      aws: defineAwsEnvironment({
        ...medium,
        data: {
          ...medium.data,
          database: { kind: 'existing', host: 'pg.example.com', network: '10.9.0.0/16' },
        },
      }),
    },
  ])('a person makes the Secret, if $why', ({ aws }) => {
    expect(find(objects(aws), 'ExternalSecret', 'mlflow-database')).toBeUndefined();
  });
});

test('in Auto Mode the pods may ask the DNS server of the cluster', () => {
  if (medium.cluster.kind !== 'new') throw new Error('medium has a cluster of its own');
  const auto = defineAwsEnvironment({
    ...medium,
    cluster: { ...medium.cluster, nodes: { kind: 'auto' } },
  });
  expect(eksEnvironment(auto, expectedOutputs(auto)).dnsNetworks).toContain('172.20.0.10/32');
  expect(eksEnvironment(medium, expectedOutputs(medium)).dnsNetworks).not.toContain('172.20.0.10/32');
});

test('with a workspace the operator signs its queries, and KEDA still asks the Prometheus of the cluster', () => {
  const aws = defineAwsEnvironment({
    ...medium,
    access: { ...medium.access, metricsWorkspace: 'arn:aws:aps:us-east-1:111122223333:workspace/ws-1' },
  });
  const url = 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1';
  const all = objects(aws);
  expect(find(all, 'ModelDeployment', 'loan-eligibility')?.spec.analysis).toMatchObject({
    prometheus: url,
    credentials: { type: 'sigv4', region: 'us-east-1' },
  });
  const trigger = find(all, 'ScaledObject', 'inference')?.spec.triggers[0].metadata;
  expect(trigger.serverAddress).toBe('http://prometheus-operated.monitoring:9090');
  const agent = find(all, 'NetworkPolicy', 'clients-to-pod-identity-egress')?.spec;
  expect(agent.podSelector.matchExpressions[0].values).toContain('rollout');
  expect(find(all, 'NetworkPolicy', 'rollout-to-prometheus-egress')?.spec.egress[0].ports).toEqual([
    { port: 443, protocol: 'TCP' },
  ]);
});

describe('where the values are from', () => {
  const file = `${folder}/outputs.json`;
  const stacks = (aws: AwsEnvironment) =>
    Object.entries(expectedOutputs(aws)).map(([part, outputs]) => [
      stackName(aws, part as keyof Outputs),
      Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, String(value)])),
    ]);

  test('the outputs of the stacks, if there are any', () => {
    const told = Object.fromEntries(stacks(SELECTED));
    told['loan-eligibility-data'].DatabaseHost = 'db.example.com';
    writeFileSync(file, JSON.stringify(told));
    const { environment, origin } = eksSource(SELECTED, { file, needsOutputs: true });
    expect(environment.database).toMatchObject({ host: 'db.example.com' });
    expect(origin).toBe('the outputs of the stacks in account 111122223333, us-east-1');
  });

  test('otherwise the example, which says so', () => {
    const { environment, origin } = eksSource(SELECTED, { needsOutputs: false });
    expect(environment).toEqual(eks);
    expect(origin).toContain('placeholders');
  });

  test('manifests from outputs are known again without the outputs, also the registry of their images', () => {
    const { environment, origin } = eksSource(SELECTED, { file, needsOutputs: true });
    for (const [name, content] of systemManifests(environment, origin))
      writeFileSync(`${folder}/${name}`, content);
    expect(isFromOutputs(`${folder}/00-namespace.yaml`)).toBe(true);
    expect(imagePrefixIn(folder)).toBe(environment.images.prefix);
    const example = eksSource(SELECTED, { needsOutputs: false });
    const [[name, content] = ['', '']] = systemManifests(example.environment, example.origin);
    writeFileSync(`${folder}/${name}`, content);
    expect(isFromOutputs(`${folder}/${name}`)).toBe(false);
    expect(isFromOutputs(`${folder}/none.yaml`)).toBe(false);
  });

  test('a missing file is named, with the commands that write the outputs', () => {
    const read = () => eksSource(SELECTED, { file: `${folder}/none.json`, needsOutputs: true });
    expect(read).toThrow(`${folder}/none.json does not exist. \`make aws-deploy\``);
  });

  test('a file without one stack, or that is no JSON, is refused by name', () => {
    writeFileSync(file, '{}');
    expect(() => eksSource(SELECTED, { file, needsOutputs: true })).toThrow(
      'no stack loan-eligibility-network',
    );
    writeFileSync(file, 'oops');
    expect(() => eksSource(SELECTED, { file, needsOutputs: true })).toThrow(`${file}`);
  });
});
