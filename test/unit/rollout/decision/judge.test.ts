import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judge } from '../../../../operators/rollout/decision/judge.ts';
import type { Measurement } from '../../../../operators/rollout/decision/rollout.ts';
import { setWeight } from '../../../../operators/rollout/decision/transitions.ts';
import { specSchema } from '../../../../services/shared/model-deployment/spec.ts';
import type {
  CheckResult,
  ModelDeploymentStatus,
} from '../../../../services/shared/model-deployment/status.ts';
import { propertyCases } from '../../../support/property-cases.ts';
import { ago, rolloutOf } from '../../../support/rollout-of.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const CANDIDATE = { version: '2', mode: 'canary', weightPercent: 10, since: ago(30) } as const;

function measured(checks: readonly CheckResult[]): Measurement {
  const verdicts = checks.map(({ verdict }) => verdict);
  const verdict = verdicts.includes('failed') ? 'failed' : 'passed';
  return { kind: 'measured', verdict, samples: 100, message: '', checks };
}

function check(name: string, verdict: CheckResult['verdict']): CheckResult {
  return { name, value: 1, max: 2, verdict };
}

function judged(status: ModelDeploymentStatus, measurement: Measurement) {
  return judge(rolloutOf({ status }), measurement, CANDIDATE.since, 600);
}

describe('the failures of a query', () => {
  test('are counted in each step, and stay while the query has no value', () => {
    let status: ModelDeploymentStatus = { phase: 'Canary', candidate: CANDIDATE };
    const failures = () => status.analysis?.checks?.map(({ failures = 0 }) => failures);
    for (const [errors, latency, expected] of [
      ['passed', 'passed', [0, 0]],
      ['failed', 'passed', [1, 0]],
      ['inconclusive', 'failed', [1, 1]],
      ['failed', 'passed', [2, 1]],
    ] as const) {
      ({ status } = judged(status, measured([check('errors', errors), check('latency', latency)])));
      expect(failures()).toEqual(expected);
    }
    expect(status.analysis?.failures).toBe(3);
  });

  test('stay in the status while Prometheus does not answer', () => {
    const before = judged({ candidate: CANDIDATE }, measured([check('errors', 'failed')])).status;
    expect(judged(before, { kind: 'unreachable', message: '' }).status).toBe(before);
  });
});

describe('a query that is counted alone', () => {
  const QUERY = { query: 'x', max: 2 };
  const spec = specSchema.parse({
    ...SPEC,
    analysis: {
      prometheus: 'http://prometheus:9090',
      failureLimit: 1,
      queries: [
        { ...QUERY, name: 'errors' },
        { ...QUERY, name: 'latency', failureLimit: 2 },
        { ...QUERY, name: 'strict', failureLimit: 0 },
        { ...QUERY, name: 'whole', scope: 'rollout' },
      ],
    },
  });
  const NAMES = ['errors', 'latency', 'strict', 'whole'] as const;
  type Failing = (typeof NAMES)[number];

  /** The verdicts after measurements in which these queries failed, up to the first that ends the step. */
  function verdicts(failing: readonly (readonly Failing[])[], first: ModelDeploymentStatus = {}) {
    let status: ModelDeploymentStatus = { phase: 'Canary', candidate: CANDIDATE, ...first };
    return failing.map((failed) => {
      const checks = NAMES.map((name) => check(name, failed.includes(name) ? 'failed' : 'passed'));
      const judgement = judge(rolloutOf({ spec, status }), measured(checks), CANDIDATE.since, 600);
      status = judgement.status;
      return judgement.verdict;
    });
  }

  test('has a limit of its own, and spends nothing of the common limit', () => {
    expect(verdicts([['latency'], ['latency'], ['errors'], ['latency']])).toEqual([
      'pending',
      'pending',
      'pending',
      'failed',
    ]);
    expect(verdicts([['errors'], ['latency'], ['errors']])).toEqual(['pending', 'pending', 'failed']);
    expect(verdicts([['strict']])).toEqual(['failed']);
  });

  test('counts the steps before this one if its scope is the rollout', () => {
    const canary = { since: CANDIDATE.since, failures: [{ name: 'whole', failures: 1 }] };
    expect(verdicts([['whole']], { candidate: { ...CANDIDATE, canary } })).toEqual(['failed']);
    expect(verdicts([['whole'], ['whole']])).toEqual(['pending', 'failed']);
  });

  test('is carried to the next step if its scope is the rollout, and no other is', () => {
    const checks = NAMES.map((name) => ({ ...check(name, 'passed'), failures: 1 }));
    const analysis = { measuredAt: CANDIDATE.since, failures: 1, message: '', checks };
    const status = { phase: 'Canary', candidate: CANDIDATE, analysis } as const;
    const next = setWeight(rolloutOf({ spec, status }), CANDIDATE, 50);
    expect(next.candidate?.canary?.failures).toEqual([{ name: 'whole', failures: 1 }]);
    expect(next.analysis).toBeUndefined();
  });

  test('fails a step just when a limit is exceeded, whatever fails in which order', () => {
    const failing = fc.array(fc.subarray([...NAMES]), { maxLength: 8 });
    fc.assert(
      fc.property(failing, (all) => {
        const count = (is: (failed: readonly Failing[]) => boolean, end: number) =>
          all.slice(0, end + 1).filter(is).length;
        verdicts(all).forEach((verdict, index) => {
          const exceeded =
            count((failed) => failed.includes('errors'), index) > 1 ||
            count((failed) => failed.includes('latency'), index) > 2 ||
            count((failed) => failed.includes('strict'), index) > 0 ||
            count((failed) => failed.includes('whole'), index) > 1;
          if (all[index]?.length !== 0) expect(verdict === 'failed').toBe(exceeded);
        });
      }),
      { numRuns: propertyCases(300) },
    );
  });
});
