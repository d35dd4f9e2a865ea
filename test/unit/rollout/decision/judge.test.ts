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

const QUERY = { query: 'x', max: 2 };
const SPEC_OF_FOUR = specSchema.parse({
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

function measured(checks: readonly CheckResult[]): Measurement {
  const verdicts = checks.map(({ verdict }) => verdict);
  const verdict = verdicts.includes('failed') ? 'failed' : 'passed';
  return { kind: 'measured', verdict, samples: 100, message: '', checks };
}

function check(name: string, verdict: CheckResult['verdict']): CheckResult {
  return { name, value: 1, max: 2, verdict };
}

function judged(status: ModelDeploymentStatus, measurement: Measurement) {
  const queries = ['errors', 'latency'].map((name) => ({ ...QUERY, name }));
  const spec = specSchema.parse({ ...SPEC, analysis: { ...SPEC.analysis, queries } });
  return judge(rolloutOf({ spec, status }), measurement, CANDIDATE.since, 600);
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

  test('stay while the measurement tells nothing of the query', () => {
    const begin: ModelDeploymentStatus = { phase: 'Canary', candidate: CANDIDATE };
    const failed = judged(begin, measured([check('errors', 'failed'), check('latency', 'passed')])).status;
    for (const checks of [[], undefined, [check('latency', 'failed')]]) {
      const measurement = { ...measured(checks ?? []), verdict: 'inconclusive', checks } as Measurement;
      const { checks: kept } = judged(failed, measurement).status.analysis ?? {};
      expect(kept?.find(({ name }) => name === 'errors')).toEqual({
        name: 'errors',
        max: 2,
        verdict: 'inconclusive',
        failures: 1,
      });
    }
  });

  test('end with the query', () => {
    const checks = [{ ...check('former', 'failed'), failures: 1 }];
    const analysis = { measuredAt: CANDIDATE.since, failures: 1, message: '', checks };
    const status = { phase: 'Canary', candidate: CANDIDATE, analysis } as const;
    const next = judged(status, measured([check('errors', 'passed')])).status;
    expect(next.analysis?.checks).toEqual([check('errors', 'passed')]);
  });

  test('stay in the status while Prometheus does not answer', () => {
    const before = judged({ candidate: CANDIDATE }, measured([check('errors', 'failed')])).status;
    expect(judged(before, { kind: 'unreachable', message: '' }).status).toBe(before);
  });
});

describe('a query that is counted alone', () => {
  const NAMES = ['errors', 'latency', 'strict', 'whole'] as const;
  type Failing = (typeof NAMES)[number];

  /**
   * The verdicts after measurements in which these queries failed, up to the first that ends the step. A measurement
   * says nothing of the silent queries, unless they failed.
   */
  function verdicts(
    failing: readonly (readonly Failing[])[],
    first: ModelDeploymentStatus = {},
    silent: readonly (readonly Failing[])[] = [],
  ) {
    let status: ModelDeploymentStatus = { phase: 'Canary', candidate: CANDIDATE, ...first };
    return failing.map((failed, index) => {
      const told = NAMES.filter((name) => failed.includes(name) || !silent[index]?.includes(name));
      const checks = told.map((name) => check(name, failed.includes(name) ? 'failed' : 'passed'));
      const judgement = judge(
        rolloutOf({ spec: SPEC_OF_FOUR, status }),
        measured(checks),
        CANDIDATE.since,
        600,
      );
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
    const next = setWeight(rolloutOf({ spec: SPEC_OF_FOUR, status }), CANDIDATE, 50);
    expect(next.candidate?.canary?.failures).toEqual([{ name: 'whole', failures: 1 }]);
    expect(next.analysis).toBeUndefined();
  });

  test('counts all of its failures, although the measurements between them tell nothing of it', () => {
    const silent = [[], ['latency'], [], ['latency'], []] as const;
    const failing = [['latency'], ['errors'], ['latency'], [], ['latency']] as const;
    expect(verdicts(failing, {}, silent)).toEqual(['pending', 'pending', 'pending', 'passed', 'failed']);
  });

  test('fails a step just when a limit is exceeded, whatever fails or is silent in which order', () => {
    const measurements = fc.array(fc.tuple(fc.subarray([...NAMES]), fc.subarray([...NAMES])), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(measurements, (told) => {
        const all = told.map(([failed]) => failed);
        const silent = told.map(([, silent]) => silent);
        const count = (is: (failed: readonly Failing[]) => boolean, end: number) =>
          all.slice(0, end + 1).filter(is).length;
        verdicts(all, {}, silent).forEach((verdict, index) => {
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
