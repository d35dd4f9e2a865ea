import { describe, expect, test } from '@jest/globals';
import { defineEnvironment, type Environment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { networkFlows } from '../../../charts/network-flows.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf, podTemplate } from '../../support/manifest-objects.ts';

describe('an option that is out of range is refused, quoting it and the rule', () => {
  test('more consumers than shards', () => {
    const inference = { ...kind.inference, maximumReplicas: 9 };
    expect(() => defineEnvironment({ ...kind, inference })).toThrow(
      'environment kind: inference.maximumReplicas (9) is more than kinesis.shards (4)',
    );
  });

  test('a minimum above the maximum', () => {
    const inference = { ...eks.inference, minimumReplicas: 12, maximumReplicas: 3 };
    expect(() => defineEnvironment({ ...eks, inference })).toThrow(
      'inference.minimumReplicas (12) is more than maximumReplicas (3)',
    );
  });

  test('a request above its limit', () => {
    const resources = { cpuMillis: 500, cpuLimitMillis: 100, memoryMebibytes: 256 };
    expect(() => defineEnvironment({ ...kind, mlflow: { ...kind.mlflow, resources } })).toThrow(
      'cpuMillis (500) exceeds cpuLimitMillis (100)',
    );
  });

  test('less room in /tmp than a program needs to start', () => {
    const resources = { ...kind.mlflow.resources, scratchMebibytes: 1 };
    expect(() => defineEnvironment({ ...kind, mlflow: { ...kind.mlflow, resources } })).toThrow(
      /mlflow\.resources\.scratchMebibytes = 1: .*16/,
    );
  });

  test('several MLflow servers on one artifact volume', () => {
    expect(() => defineEnvironment({ ...kind, mlflow: { ...kind.mlflow, replicas: 2 } })).toThrow(
      'mlflow.replicas (2) is more than the 1 that an artifact volume can serve',
    );
  });

  test('a number beyond its range', () => {
    expect(() => defineEnvironment({ ...kind, kinesis: { ...kind.kinesis, shards: 501 } })).toThrow(
      /kinesis\.shards = 501: .*500/,
    );
  });

  test('an option of the training job that is none', () => {
    const training = { ...kind.training, options: ['--delimiter=;', 'run'] };
    expect(() => defineEnvironment({ ...kind, training })).toThrow(
      'training.options.1 = "run": must be an option',
    );
  });

  test.each(['ghcr.io/me/', 'ghcr.io/Me/x', 'https://ghcr.io/me', 'a b', 'ghcr.io//x', ''])(
    'a prefix of images that no registry takes: %s',
    (prefix) => {
      expect(() => defineEnvironment({ ...kind, images: { prefix, tag: '1' } })).toThrow('images.prefix = ');
    },
  );

  test.each(['-x', '.', 'a'.repeat(129), ''])('a tag that no registry takes: %s', (tag) => {
    expect(() => defineEnvironment({ ...kind, images: { prefix: 'x', tag } })).toThrow('images.tag = ');
  });

  test('a moving image tag', () => {
    expect(() => defineEnvironment({ ...kind, images: { prefix: 'x', tag: 'latest' } })).toThrow(
      'images.tag = "latest"',
    );
  });

  test('a role that is not an ARN', () => {
    const roles = { inference: 'admin', mlflow: 'admin', training: 'admin' };
    expect(() => defineEnvironment({ ...eks, identity: { kind: 'irsa', roles } })).toThrow(
      'identity.roles.inference = "admin": must be the ARN',
    );
  });

  test('one stream for two purposes', () => {
    const kinesis = { ...eks.kinesis, streams: { input: 'loans', rejects: 'loans' } };
    expect(() => defineEnvironment({ ...eks, kinesis })).toThrow(
      'kinesis.streams.rejects: loans is also kinesis.streams.input',
    );
  });

  test('a stream of another region', () => {
    const streams = { input: 'arn:aws:kinesis:eu-west-1:444455556666:stream/loans' };
    expect(() => defineEnvironment({ ...eks, kinesis: { ...eks.kinesis, streams } })).toThrow(
      /kinesis\.streams\.input: arn:.* is in eu-west-1, but kinesis\.region is us-east-1/,
    );
  });

  test('a stream of another account in the emulator', () => {
    const streams = { input: 'arn:aws:kinesis:us-east-1:444455556666:stream/loans' };
    expect(() => defineEnvironment({ ...kind, kinesis: { ...kind.kinesis, streams } })).toThrow(
      /kinesis\.streams\.input = arn:.*: the emulator has no accounts, so give a name/,
    );
  });

  test('one error names every problem', () => {
    const training = { ...kind.training, schedule: 'daily', deadlineSeconds: 1 };
    expect(() => defineEnvironment({ ...kind, training })).toThrow(
      /training\.schedule = "daily".*training\.deadlineSeconds = 1/,
    );
  });
});

function containersOf(environment: Environment, name: string): ManifestObject[] {
  const deployment = objectsOf(systemManifests(environment)).find(
    ({ kind: of, metadata }) => of === 'Deployment' && metadata.name === name,
  );
  const { containers, initContainers = [] } = podTemplate(deployment).spec;
  return [...containers, ...initContainers];
}

const namesOf = (variables: readonly { readonly name: string }[]) => variables.map(({ name }) => name);

test('a stream of another account is an option, by default streams of this account by name', () => {
  const variables = (environment: Environment) => containersOf(environment, 'inference')[0].env;
  const input = 'arn:aws:kinesis:us-east-1:444455556666:stream/loans';
  const far = defineEnvironment({ ...eks, kinesis: { ...eks.kinesis, streams: { input } } });
  expect(variables(eks)).toContainEqual({ name: 'INPUT_STREAM', value: 'loan-applications' });
  expect(variables(far)).toContainEqual({ name: 'INPUT_STREAM', value: input });
  expect(variables(far)).toContainEqual({ name: 'REJECT_STREAM', value: 'loan-rejects' });
});

test('the duration of a lease is an option, by default that of the service', () => {
  const variables = (environment: Environment) => containersOf(environment, 'inference')[0].env;
  const longer = defineEnvironment({ ...eks, inference: { ...eks.inference, leaseSeconds: 60 } });
  expect(namesOf(variables(eks))).not.toContain('LEASE_SECONDS');
  expect(variables(longer)).toContainEqual({ name: 'LEASE_SECONDS', value: '60' });
});

test('the treatment of a shard with records deleted unread is an option, by default that of the service', () => {
  const variables = (environment: Environment) => containersOf(environment, 'inference')[0].env;
  const goingOn = defineEnvironment({ ...eks, kinesis: { ...eks.kinesis, onTrimmed: 'continue' } });
  expect(namesOf(variables(eks))).not.toContain('ON_TRIMMED');
  expect(variables(goingOn)).toContainEqual({ name: 'ON_TRIMMED', value: 'continue' });
});

test('what becomes of foreign parts of aggregates is an option, by default that of the service', () => {
  const variables = (environment: Environment) => containersOf(environment, 'inference')[0].env;
  const dropping = defineEnvironment({ ...eks, kinesis: { ...eks.kinesis, foreignParts: 'drop' } });
  expect(namesOf(variables(eks))).not.toContain('FOREIGN_PARTS');
  expect(variables(dropping)).toContainEqual({ name: 'FOREIGN_PARTS', value: 'drop' });
});

test('whole payloads of dead letters are stored in a bucket if the environment names it', () => {
  const variables = (environment: Environment) => containersOf(environment, 'inference')[0].env;
  const onFailure = 's3://loan-eligibility-111122223333/dead-letters';
  const storing = defineEnvironment({ ...kind, kinesis: { ...kind.kinesis, onFailure } });
  expect(namesOf(variables(kind))).not.toContain('ON_FAILURE');
  expect(variables(storing)).toContainEqual({ name: 'ON_FAILURE', value: onFailure });
  expect(networkFlows(kind)).not.toHaveProperty('clients-to-s3');
  expect(networkFlows(storing)['clients-to-s3']?.from).toEqual([{ component: 'inference' }]);
});

describe('whether MLflow verifies the server of an external database is an option', () => {
  const database = { kind: 'external', host: 'db.example', network: '10.0.0.0/16' } as const;
  const describeContainer = ({ env, volumeMounts }: ManifestObject) => ({
    query: env.find(({ name }: ManifestObject) => name === 'MLFLOW_BACKEND_STORE_URI').value.split('?')[1],
    authority: volumeMounts.find(({ name }: ManifestObject) => name === 'database-authority')?.mountPath,
  });

  test('it verifies by the authority of a ConfigMap by default', () => {
    const containers = containersOf(defineEnvironment({ ...eks, database }), 'mlflow');
    expect(containers.map(describeContainer)).toEqual(
      ['mlflow', 'migrate'].map(() => ({
        query: 'sslmode=verify-full&sslrootcert=/etc/database-authority/ca.pem',
        authority: '/etc/database-authority',
      })),
    );
  });

  test('it only encrypts if the environment says so', () => {
    const unverified = defineEnvironment({ ...eks, database: { ...database, verification: 'none' } });
    expect(containersOf(unverified, 'mlflow').map(describeContainer)).toEqual(
      ['mlflow', 'migrate'].map(() => ({ query: 'sslmode=require', authority: undefined })),
    );
  });
});

test('the training job gets the options of its data file', () => {
  const options = ['--delimiter=;', '--decimal=,'];
  const environment = defineEnvironment({ ...kind, training: { ...kind.training, options } });
  const job = objectsOf(systemManifests(environment)).find(({ kind }) => kind === 'CronJob');
  expect(JSON.stringify(job)).toContain('"--delimiter=;","--decimal=,"');
});
