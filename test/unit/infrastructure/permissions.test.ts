import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { medium } from '../../../infrastructure/environments.ts';
import { auditBucketName, bucketName, usesOf } from '../../../infrastructure/names.ts';
import { partition } from '../../../infrastructure/partition.ts';
import {
  DEPLOYER_RIGHTS,
  needed,
  PERMISSIONS,
  type Right,
  STREAM_TOOL_RIGHTS,
  USES,
  type Use,
} from '../../../infrastructure/permissions.ts';
import { placeOf } from '../../../infrastructure/place.ts';

const RIGHTS: readonly Right[] = [...PERMISSIONS, ...STREAM_TOOL_RIGHTS, ...DEPLOYER_RIGHTS];
const WORKSPACE = 'arn:aws:aps:us-east-1:111122223333:workspace/ws-1';
const STREAM = 'arn:aws:kinesis:us-east-1:111122223333:stream/loan-audit';
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1';

const anEnvironment: fc.Arbitrary<AwsEnvironment> = fc
  .record({
    region: fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1'),
    account: fc.stringMatching(/^\d{12}$/),
    name: fc.stringMatching(/^[a-z][a-z0-9-]{1,20}[a-z0-9]$/),
  })
  .map((change) => ({ ...medium, ...change }));
const uses = fc.subarray(Object.keys(USES) as Use[]);

describe('the table of IAM rights', () => {
  test('names each action, and each resource but that of the password of the registry', () => {
    const place = placeOf(
      { ...medium, access: { ...medium.access, metricsWorkspace: WORKSPACE, auditStream: STREAM } },
      KEY,
    );
    for (const { actions, resources, on } of RIGHTS) {
      for (const action of actions) expect(action).toMatch(/^[a-z0-9]{2,20}:[A-Z]\w{3,60}$/);
      if (actions.join() === 'ecr:GetAuthorizationToken') continue;
      // A wildcard stands for what has no name yet: objects, consumers, ends that AWS makes up.
      for (const resource of resources(place))
        expect([on, resource]).toEqual([on, expect.stringMatching(/^arn:aws:[a-z0-9]+:[^*]+[^*:](\/\*)?$/)]);
    }
  });

  test('lets nobody use the key but through one service', () => {
    const place = placeOf(medium, KEY);
    const ofKey = RIGHTS.filter(({ resources }) => resources(place).includes(KEY));
    expect(ofKey.length).toBeGreaterThan(5);
    for (const { conditions } of ofKey)
      expect(conditions?.(place)).toEqual({
        StringEquals: {
          'kms:ViaService': [expect.stringMatching(/^(kinesis|s3|secretsmanager)\.us-east-1\./)],
        },
      });
  });

  test('stays within the account, the region and the bucket of the settings', () => {
    fc.assert(
      fc.property(anEnvironment, (environment) => {
        const place = placeOf(environment, KEY);
        const { region, account } = environment;
        const resources = RIGHTS.flatMap((right) => right.resources(place)).filter(
          (resource) => !['', '*', KEY].includes(resource),
        );
        const home = [
          `arn:${partition(environment)}:s3:::${bucketName(environment)}`,
          `arn:${partition(environment)}:s3:::${auditBucketName(environment)}/`,
          ...['kinesis', 'secretsmanager', 'ecr', 'cloudformation', 'eks'].map(
            (service) => `arn:${partition(environment)}:${service}:${region}:${account}:`,
          ),
        ];
        for (const resource of resources)
          expect([resource, home.some((start) => resource.startsWith(start))]).toEqual([resource, true]);
      }),
    );
  });

  test('gives more with each use, and nothing for a use that nobody asks for', () => {
    fc.assert(
      fc.property(uses, uses, (some, more) => {
        const few = needed(RIGHTS, some);
        const many = needed(RIGHTS, [...some, ...more]);
        expect(many).toEqual(expect.arrayContaining([...few]));
        expect(few.every(({ use }) => use === undefined || some.includes(use))).toBe(true);
      }),
    );
    for (const use of Object.keys(USES))
      expect(PERMISSIONS.some((permission) => permission.use === use)).toBe(true);
  });

  test('follows the settings', () => {
    const plain: AwsEnvironment = { ...medium, addOns: { ...medium.addOns, externalSecrets: 'own' } };
    expect(usesOf(plain)).toEqual([]);
    const access = {
      ...plain.access,
      reader: 'fan-out',
      outputAggregation: 'kpl',
      keepPayloads: true,
      recordRollouts: true,
      auditStream: STREAM,
    } as const;
    expect(usesOf({ ...plain, access })).toEqual([
      'fan-out',
      'kpl',
      'payloads',
      'audit-bucket',
      'audit-stream',
    ]);
    const withSecrets: AwsEnvironment = {
      ...plain,
      access: { ...plain.access, metricsWorkspace: WORKSPACE },
      addOns: { ...plain.addOns, externalSecrets: 'helm' },
    };
    expect(usesOf(withSecrets)).toEqual(['workspace', 'external-secrets']);
    const database = { kind: 'existing', host: 'db.example.com', network: '10.9.0.0/24' } as const;
    expect(usesOf({ ...withSecrets, data: { ...plain.data, database } })).toEqual(['workspace']);
  });
});
