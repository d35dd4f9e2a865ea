import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../../operators/rollout/decision/judge.ts';
import type { Measurement } from '../../../../operators/rollout/decision/rollout.ts';
import type {
  CheckResult,
  ModelDeploymentStatus,
} from '../../../../services/shared/model-deployment/status.ts';
import { ago, rolloutOf } from '../../../support/rollout-of.ts';

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
