import { describe, expect, test } from '@jest/globals';
import type { AwsEnvironment } from '../../../../infrastructure/environment-schema.ts';
import { existingAccount, medium } from '../../../../infrastructure/environments.ts';
import { nodePlatforms } from '../../../../scripts/aws/node-platforms.ts';

function withNodes(nodes: object): AwsEnvironment {
  return { ...medium, cluster: { ...medium.cluster, nodes } } as AwsEnvironment;
}

describe('the platform of managed nodes follows from their instance type', () => {
  test.each([
    'm7g.large',
    'c8gn.xlarge',
    't4g.medium',
    'im4gn.large',
    'is4gen.large',
    'g5g.xlarge',
    'a1.large',
    'x8g.large',
  ])('%s: arm64', (instanceType) =>
    expect(nodePlatforms(withNodes({ kind: 'managed', instanceType }), undefined)).toBe('linux/arm64'),
  );

  test.each([
    'm7i.large',
    'm7i-flex.large',
    'g6.xlarge',
    'g4dn.xlarge',
    'c6a.large',
    't3.large',
    'u-6tb1.metal',
    'inf2.xlarge',
  ])('%s: amd64', (instanceType) =>
    expect(nodePlatforms(withNodes({ kind: 'managed', instanceType }), undefined)).toBe('linux/amd64'),
  );
});

test.each([
  ['an existing cluster', existingAccount, 'cluster.kind = existing'],
  ['EKS Auto Mode', withNodes({ kind: 'auto' }), 'cluster.nodes.kind = auto'],
])('%s needs the option', (_name, environment, setting) => {
  expect(() => nodePlatforms(environment, undefined)).toThrow(setting);
  expect(() => nodePlatforms(environment, undefined)).toThrow('Give --platform linux/amd64');
  expect(nodePlatforms(environment, 'linux/arm64')).toBe('linux/arm64');
});

test('what the user says goes before the settings, if it is a platform', () => {
  expect(nodePlatforms(medium, 'linux/amd64,linux/arm64')).toBe('linux/amd64,linux/arm64');
  expect(() => nodePlatforms(medium, 'arm64')).toThrow('--platform arm64: must be linux/amd64');
});
