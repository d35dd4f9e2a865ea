import { describe, expect, test } from '@jest/globals';
import { defineEnvironment, type Environment, eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { objectsOf, podTemplate } from '../../support/manifest-objects.ts';

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
      'cpuMillis (500) is more than cpuLimitMillis (100)',
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

  test('a moving image tag', () => {
    expect(() => defineEnvironment({ ...kind, images: { prefix: 'x', tag: 'latest' } })).toThrow(
      'images.tag = "latest"',
    );
  });

  test('a role that is not an ARN', () => {
    const roles = { inference: 'admin', mlflow: 'admin', training: 'admin' };
    expect(() => defineEnvironment({ ...eks, roles })).toThrow('roles.inference = "admin": must be the ARN');
  });

  test('every problem is told at once', () => {
    const training = { ...kind.training, schedule: 'daily', deadlineSeconds: 1 };
    expect(() => defineEnvironment({ ...kind, training })).toThrow(
      /training\.schedule = "daily".*training\.deadlineSeconds = 1/,
    );
  });
});

test('how long a lease lasts is an option', () => {
  const variables = (environment: Environment) => {
    const deployment = objectsOf(systemManifests(environment)).find(
      ({ kind: of, metadata }) => of === 'Deployment' && metadata.name === 'inference',
    );
    return podTemplate(deployment).spec.containers[0].env;
  };
  const longer = defineEnvironment({ ...eks, inference: { ...eks.inference, leaseSeconds: 60 } });
  expect(variables(eks)).toContainEqual({ name: 'LEASE_SECONDS', value: '10' });
  expect(variables(longer)).toContainEqual({ name: 'LEASE_SECONDS', value: '60' });
});
