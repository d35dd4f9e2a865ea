import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Check,
  combine,
  enoughSamples,
  fromPart,
  within,
} from '../../../../operators/rollout/measurement/verdict.ts';
import { statusSchema } from '../../../../services/shared/model-deployment/status.ts';
import { propertyCases } from '../../../support/property-cases.ts';

function checksOf(...checks: readonly Check[]) {
  const measurement = combine(checks, 100);
  return measurement.kind === 'measured' ? measurement.checks : undefined;
}

describe('the checks of a measurement', () => {
  test('have the value, the limits and the verdict of each check', () => {
    expect(
      checksOf(
        enoughSamples(100, 50),
        within('error-ratio', 0.02, { max: 0.01 }),
        within('p99', 3, { min: 1 }),
      ),
    ).toEqual([
      { name: 'samples', value: 100, min: 50, verdict: 'passed' },
      { name: 'error-ratio', value: 0.02, max: 0.01, verdict: 'failed' },
      { name: 'p99', value: 3, min: 1, verdict: 'passed' },
    ]);
  });

  test.each([Number.NaN, undefined, Number.POSITIVE_INFINITY])('have no value for %s', (value) => {
    expect(checksOf(within('p99', value, { min: 1 }))).toEqual([
      { name: 'p99', min: 1, verdict: 'inconclusive' },
    ]);
  });

  test('are inconclusive without a whole answer, beside a check that failed', () => {
    const partial = fromPart(within('p99', 3, { min: 1 }), 'a store did not answer');
    expect(checksOf(partial, within('errors', 2, { max: 1 }))).toMatchObject([
      { name: 'p99', verdict: 'inconclusive' },
      { name: 'errors', verdict: 'failed' },
    ]);
  });

  test('lose passed checks first if there are too many', () => {
    const many = Array.from({ length: 60 }, (_, index) => within(`group ${index}`, index, { max: 50 }));
    const kept = checksOf(...many) ?? [];
    expect(kept).toHaveLength(40);
    expect(kept.filter(({ verdict }) => verdict === 'failed')).toHaveLength(9);
  });

  test('fit into the status, whatever the values and names are', () => {
    const check = fc
      .record({ name: fc.string({ maxLength: 300 }), value: fc.double(), limit: fc.double({ noNaN: true }) })
      .map(({ name, value, limit }) =>
        within(name, value, Number.isFinite(limit) ? { max: limit } : { min: 0 }),
      );
    fc.assert(
      fc.property(fc.array(check, { maxLength: 100 }), (checks) => {
        const analysis = {
          measuredAt: '2026-01-01T00:00:00Z',
          failures: 0,
          message: '',
          checks: checksOf(...checks),
        };
        const stored = JSON.parse(JSON.stringify({ analysis }));
        expect(statusSchema.safeParse(stored).error).toBeUndefined();
      }),
      { numRuns: propertyCases(200) },
    );
  });
});
