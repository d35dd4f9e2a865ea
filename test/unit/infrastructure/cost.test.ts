import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costLines, monthlyDollars } from '../../../infrastructure/cost/estimate.ts';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';

function sum(environment: AwsEnvironment): number {
  return costLines(environment).reduce((total, line) => total + (monthlyDollars(line) ?? 0), 0);
}

function withShards(shards: number, retentionHours = 168): AwsEnvironment {
  return defineAwsEnvironment({
    ...small,
    data: { ...small.data, retentionHours, streams: { capacity: 'provisioned', shards } },
  });
}

it('adds the same for each shard, and no retention within the free day', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), (shards) => {
      expect(sum(withShards(shards)) - sum(withShards(shards - 1))).toBeCloseTo(3 * 730 * 0.035, 6);
      expect(sum(withShards(shards, 24)) - sum(withShards(shards - 1, 24))).toBeCloseTo(3 * 730 * 0.015, 6);
    }),
  );
});

it('counts nothing of a network, cluster or database that exists', () => {
  const database = { kind: 'existing', host: 'postgres.example', network: '10.9.0.0/24' } as const;
  const environment = defineAwsEnvironment({
    ...existingAccount,
    data: { ...existingAccount.data, database },
  });
  expect(costLines(environment).map(({ what }) => what)).toEqual([
    'KMS key of the data',
    'shards',
    'retention of shards after a day',
  ]);
});

it('says so if an instance type has no confirmed price, and counts the rest', () => {
  const cluster = {
    ...small.cluster,
    nodes: { kind: 'managed', instanceType: 'x9z.large', minimum: 2, maximum: 4 },
  };
  const environment = defineAwsEnvironment({ ...small, cluster } as Parameters<
    typeof defineAwsEnvironment
  >[0]);
  expect(costLines(environment).filter(({ price }) => !price)).toEqual([
    { what: 'nodes x9z.large, the minimum', quantity: 2, price: undefined },
  ]);
  expect(sum(environment)).toBeGreaterThan(0);
});

it.each(Object.entries({ small, medium }))('fits into the budget of preset %s', (_, environment) => {
  expect(sum(environment)).toBeLessThanOrEqual(environment.budget?.monthlyDollars ?? 0);
});
