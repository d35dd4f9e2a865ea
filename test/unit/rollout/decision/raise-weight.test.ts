import { describe, expect, test } from '@jest/globals';
import { raiseWeight } from '../../../../operators/rollout/decision/raise-weight.ts';
import type { PodsReading } from '../../../../operators/rollout/decision/rollout.ts';
import type {
  CandidateVersion,
  ModelDeploymentStatus,
} from '../../../../services/shared/model-deployment/status.ts';
import { ago, rolloutOf, targetOf } from '../../../support/rollout-of.ts';

/** Twice the deadline of a step, in seconds. */
const LATE = 120;

function statusAfter(seconds: number, reading: Omit<PodsReading, 'youngestStart'>): ModelDeploymentStatus {
  const candidate: CandidateVersion = {
    version: '2',
    digest: 'sha256:b',
    runId: 'r',
    mode: 'canary',
    weightPercent: 0,
    since: ago(seconds),
  };
  const stable = { version: '1', runId: 'r', digest: 'sha256:a', since: ago(9_000), soakedAt: ago(8_000) };
  const rollout = rolloutOf({ status: { phase: 'Canary', stable, candidate } });
  const pods = { ...reading, youngestStart: ago(1) };
  const alias = { kind: 'version', version: '2' } as const;
  return raiseWeight(rollout, { alias, target: targetOf({ wantedReplicas: 100 }), pods }, candidate, 10);
}

describe('the weight', () => {
  test.each([
    ['every pod has loaded the candidate', { total: 100, loaded: 100 }],
    ['new pods wait for the candidate, and every other pod has it', { total: 100, loaded: 97, waiting: 3 }],
  ])('rises if %s', (_when, pods) => {
    for (const seconds of [1, LATE]) expect(statusAfter(seconds, pods).candidate?.weightPercent).toBe(10);
  });

  test.each([
    ['a pod that reads records lacks the candidate', { total: 100, loaded: 96, waiting: 3 }],
    ['no pod has the candidate', { total: 2, loaded: 0, waiting: 2 }],
    ['there is no pod', { total: 0, loaded: 0, waiting: 0 }],
  ])('stays if %s, until the candidate is refused', (_when, pods) => {
    expect(statusAfter(1, pods).candidate?.weightPercent).toBe(0);
    expect(statusAfter(LATE, pods).failed?.reason).toBe('CandidateNotLoaded');
  });
});
