import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lostPods, withAvailability } from '../../../../operators/rollout/decision/availability.ts';
import type { Crashes, Facts, PodHealth } from '../../../../operators/rollout/decision/rollout.ts';
import type { ModelDeploymentStatus } from '../../../../services/shared/model-deployment/status.ts';
import { ago, crashesOf, healthOf, rolloutOf, targetOf } from '../../../support/rollout-of.ts';

const STABLE = { version: '1', runId: 'r1', digest: 'd1', since: ago(9_000), soakedAt: ago(8_000) };
const ALIAS: Facts['alias'] = { kind: 'version', version: '2' };

function statusOf(
  phase: 'Shadowing' | 'Canary' | 'Promoting',
  availableReplicas: number,
): ModelDeploymentStatus {
  const mode = phase === 'Shadowing' ? 'shadow' : 'canary';
  const candidate = {
    version: '2',
    runId: 'r2',
    digest: 'd2',
    mode,
    availableReplicas,
    since: ago(60),
  } as const;
  return { phase, stable: STABLE, candidate: { ...candidate, weightPercent: 10 } };
}

function lost(
  status: ModelDeploymentStatus,
  available: number,
  pods?: Partial<PodHealth> & { readonly crashes?: number; readonly before?: Crashes['before'] },
  wantedReplicas = 3,
): string | undefined {
  const target = targetOf({ availableReplicas: available, wantedReplicas });
  const { crashes: recent = 0, before, ...health } = pods ?? {};
  const crashes = pods && crashesOf(recent, { pods: wantedReplicas, ...(before && { before }) });
  const facts = { alias: ALIAS, target, crashes, health: pods && healthOf(health) };
  return lostPods(rolloutOf({ status }), facts);
}

describe.each(['Shadowing', 'Canary', 'Promoting'] as const)('a candidate in %s loses its keys', (phase) => {
  const status = statusOf(phase, 3);

  test('if no pod is available any more', () => {
    expect(lost(status, 0, {})).toContain('0 of 3 pods are available');
  });

  test('if less than half of the pods are available', () => {
    expect(lost(status, 1, {})).toContain('1 of 3 pods are available');
    expect(lost(status, 2, {})).toBeUndefined();
  });

  test('if pods are not ready, also while nobody writes the status of the Deployment', () => {
    expect(lost(status, 3, { ready: 1 })).toContain('1 of 3 pods are available');
    expect(lost(status, 3, { ready: 2 })).toBeUndefined();
  });

  test('if its only pod crashed, and pods did not crash before', () => {
    expect(lost(statusOf(phase, 1), 0, { total: 1, restarting: 1, crashes: 1 }, 1)).toContain('0 of 1 pods');
  });

  test('if pods crash that were not available when it was loaded, or of which there were fewer', () => {
    expect(lost(statusOf(phase, 0), 0, { restarting: 3, crashes: 3 })).toContain('crashed 3 times');
    expect(lost(statusOf(phase, 2), 2, { total: 10, crashes: 8 }, 10)).toContain('crashed 8 times');
    expect(lost(statusOf(phase, 2), 3, { crashes: 2 })).toContain('crashed 2 times');
  });

  test('if pods crashed twice, also while enough pods are available', () => {
    expect(lost(status, 3, { crashes: 2 })).toContain('container inference crashed 2 times');
    expect(lost(status, 3, { crashes: 1 })).toBeUndefined();
  });
});

describe('a candidate keeps its keys', () => {
  test('if the Deployment was made smaller', () => {
    expect(lost(statusOf('Canary', 10), 1, { total: 1 }, 1)).toBeUndefined();
    expect(lost(statusOf('Canary', 10), 0, { total: 0 }, 0)).toBeUndefined();
  });

  test('if the only pod is replaced', () => {
    const status = statusOf('Canary', 1);
    expect(lost(status, 0, { total: 0 }, 1)).toBeUndefined();
    expect(lost(status, 0, { total: 1, starting: 1 }, 1)).toBeUndefined();
  });

  test('if every pod is replaced at once', () => {
    expect(lost(statusOf('Canary', 3), 0, { starting: 3 })).toBeUndefined();
  });

  test('if its pods restart no more often than before the candidate', () => {
    const daily = { restarts: 20, podSeconds: 20 * 86_400 };
    expect(
      lost(statusOf('Canary', 1), 0, { total: 1, restarting: 1, crashes: 1, before: daily }, 1),
    ).toBeUndefined();
    expect(
      lost(statusOf('Canary', 20), 18, { total: 20, restarting: 2, crashes: 3, before: daily }, 20),
    ).toBeUndefined();
    expect(
      lost(statusOf('Canary', 20), 18, { total: 20, restarting: 2, crashes: 4, before: daily }, 20),
    ).toBeDefined();
  });

  test('if it served well before, because it may be the cure', () => {
    const outcome = 'Served' as const;
    const history = [{ version: '2', runId: 'r2', digest: 'd2', since: ago(9), until: ago(8), outcome }];
    expect(lost({ ...statusOf('Promoting', 3), history }, 0, { crashes: 9 })).toBeUndefined();
  });

  test('as long as new, missing and available pods together make up half', () => {
    const pods = fc.record({
      before: fc.integer({ min: 1, max: 50 }),
      wanted: fc.integer({ min: 0, max: 50 }),
      available: fc.nat({ max: 50 }),
      starting: fc.nat({ max: 50 }),
      missing: fc.nat({ max: 50 }),
    });
    fc.assert(
      fc.property(pods, ({ before, wanted, available, starting, missing }) => {
        const expected = Math.min(before, wanted);
        const total = Math.max(0, expected - missing);
        const verdict = lost(statusOf('Canary', before), available, { total, starting }, wanted);
        const enough = 2 * (available + starting + Math.min(missing, expected)) >= expected;
        const none = available + starting + Math.min(missing, expected) === 0;
        expect(verdict === undefined).toBe(expected === 0 || (enough && !none));
      }),
    );
  });
});

describe('a target without an available pod', () => {
  const outage = (seconds: number): ModelDeploymentStatus => ({
    ...statusOf('Canary', 3),
    conditions: [
      { type: 'Available', status: 'False', reason: 'X', message: '', lastTransitionTime: ago(seconds) },
    ],
  });

  test('takes the keys of the candidate when pods had time to start, also if new pods explain the outage', () => {
    expect(lost(outage(599), 0, { starting: 3 })).toBeUndefined();
    expect(lost(outage(600), 0, { starting: 3 })).toContain('0 of 3 pods are available');
  });

  test('takes them after 15 seconds if the pods cannot be listed', () => {
    expect(lost(outage(14), 0)).toBeUndefined();
    expect(lost(outage(15), 0)).toContain('0 of 3 pods are available');
    expect(lost(outage(15), 1)).toBeUndefined();
  });
});

describe('a candidate whose pods cannot be listed', () => {
  const blind = (available: number, reading: Partial<NonNullable<Facts['blind']>>) =>
    lostPods(rolloutOf({ status: statusOf('Canary', 4) }), {
      alias: ALIAS,
      target: targetOf({ availableReplicas: available, wantedReplicas: 4 }),
      blind: { falls: 0, lowSeconds: 0, ...reading },
    });

  test('loses its keys if pods become unavailable one after the other', () => {
    expect(blind(4, { falls: 2 })).toBeUndefined();
    expect(blind(4, { falls: 3 })).toContain('pods became unavailable 3 times');
  });

  test('loses its keys if only half of the pods are available for 15 s', () => {
    expect(blind(2, { lowSeconds: 14 })).toBeUndefined();
    expect(blind(2, { lowSeconds: 15 })).toContain('2 of 4 pods are available');
  });
});

describe('the largest number of available pods', () => {
  const most = (before: number | undefined, available: number, wantedReplicas: number) => {
    const { candidate, ...status } = statusOf('Canary', 0);
    const loaded = { ...status, candidate: candidate && { ...candidate, availableReplicas: before } };
    const target = targetOf({ availableReplicas: available, wantedReplicas });
    return withAvailability(loaded as ModelDeploymentStatus, { alias: ALIAS, target }).candidate
      ?.availableReplicas;
  };

  test('grows with the Deployment, and never beyond the wanted pods', () => {
    expect(most(undefined, 2, 2)).toBe(2);
    expect(most(0, 3, 3)).toBe(3);
    expect(most(3, 4, 10)).toBe(4);
    expect(most(3, 5, 4)).toBe(4);
  });

  test('stays when pods are lost, or when the Deployment is made smaller', () => {
    expect(most(3, 1, 3)).toBe(3);
    expect(most(3, 1, 1)).toBe(3);
  });
});
