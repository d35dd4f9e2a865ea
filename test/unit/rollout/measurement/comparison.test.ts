import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparison } from '../../../../operators/rollout/measurement/comparison.ts';
import { measureCanary, measureSoak } from '../../../../operators/rollout/measurement/live.ts';
import type { Sample } from '../../../../operators/rollout/measurement/prometheus.ts';
import { specSchema } from '../../../../services/shared/model-deployment/spec.ts';
import { SUBJECT } from '../../../support/measured-subject.ts';
import { propertyCases } from '../../../support/property-cases.ts';

const ANALYSIS = specSchema.shape.analysis.unwrap().parse({
  prometheus: 'http://prometheus:9090',
  queries: [
    { name: 'errors', query: 'errors{v="{{version}}"}[{{window}}]', max: 0.1, scope: 'rollout' },
    {
      name: 'latency',
      query: 'p99{v="{{version}}"}',
      stableQuery: 'p99{v="{{version}}",s="{{stable}}"}',
      max: 1.5,
    },
  ],
});

const sample = (value: number): Sample => ({ labels: {}, value });

/** Answers each query that begins with a key. Every count of records is 100. */
function sourceOf(answers: Readonly<Record<string, number>>) {
  const asked: string[] = [];
  const query = async (_url: string, promql: string): Promise<Sample[]> => {
    asked.push(promql);
    const known = Object.entries(answers).find(([start]) => promql.startsWith(start));
    return [sample(known?.[1] ?? 100)];
  };
  return { asked, query };
}

describe('a comparison', () => {
  test('divides the value of the candidate by that of the stable version', async () => {
    const source = sourceOf({ errors: 0, 'p99{v="7"}': 30, 'p99{v="6",s="6"}': 10 });
    const measured = await measureCanary(source, SUBJECT, ANALYSIS, 10);
    expect(measured).toMatchObject({
      verdict: 'failed',
      message: 'latency is 3, above 1.5 (30 beside 10 of the stable version)',
      checks: [{ name: 'samples' }, { name: 'errors' }, { name: 'latency', value: 3, max: 1.5 }],
    });
  });

  test('is not made while one version decides all keys', async () => {
    const source = sourceOf({ errors: 0 });
    expect(await measureSoak(source, SUBJECT, ANALYSIS)).toMatchObject({ verdict: 'passed' });
    expect(source.asked.filter((query) => query.startsWith('p99'))).toEqual([]);
  });

  test.each<[string, number[], number[], string, RegExp]>([
    ['two zeros are equal', [0], [0], 'passed', /ratio is 1 /],
    ['nothing fails beside a zero of the stable version', [0.001], [0], 'failed', /above 2/],
    ['the candidate has no value', [], [1], 'inconclusive', /for the candidate$/],
    ['the stable version has no value', [1], [], 'inconclusive', /for the stable version$/],
    ['there are two values', [1], [1, 2], 'inconclusive', /no single value/],
    ['a value is NaN', [1], [Number.NaN], 'inconclusive', /no single value/],
    ['a value is negative', [-1], [-1], 'inconclusive', /no single value/],
  ])('%s: %j / %j is %s', (_what, own, other, verdict, message) => {
    const check = comparison('ratio', own.map(sample), other.map(sample), { max: 2 });
    expect(check.verdict).toBe(verdict);
    expect(check.message).toMatch(message);
  });

  test('passes only with two values whose ratio is within its limits', () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.POSITIVE_INFINITY, Number.NaN));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 2 }), fc.array(value, { maxLength: 2 }), (own, other) => {
        const { verdict } = comparison('ratio', own.map(sample), other.map(sample), { max: 2 });
        const [a = Number.NaN] = own;
        const [b = Number.NaN] = other;
        const single =
          own.length === 1 && other.length === 1 && a >= 0 && b >= 0 && b !== Number.POSITIVE_INFINITY;
        const quotient = a === b ? 1 : a / Math.abs(b);
        expect(verdict === 'passed').toBe(single && quotient <= 2);
        expect(verdict === 'failed').toBe(single && quotient > 2);
      }),
      { numRuns: propertyCases(500) },
    );
  });
});

describe('a query with the scope rollout', () => {
  test('looks back to the first canary step, and the others to the begin of the step', async () => {
    const source = sourceOf({ errors: 0 });
    await measureCanary(source, { ...SUBJECT, rolloutSeconds: 3_600 }, ANALYSIS, 10);
    expect(source.asked).toContain('errors{v="7"}[3600s]');
    expect(source.asked.filter((query) => query.includes('inference_decisions_total'))).toEqual([
      expect.stringContaining('[60s]'),
    ]);
  });

  test('looks back to the begin of the bake time there', async () => {
    const source = sourceOf({ errors: 0 });
    await measureSoak(source, SUBJECT, ANALYSIS);
    expect(source.asked).toContain('errors{v="7"}[60s]');
  });
});
