import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../../../operators/rollout/decision/decide.ts';
import type { Facts, Measurement } from '../../../../operators/rollout/decision/rollout.ts';
import { lostStablePods, watchedSince } from '../../../../operators/rollout/decision/stable-pods.ts';
import type { ModelDeploymentStatus } from '../../../../services/shared/model-deployment/status.ts';
import { ago, crashesOf, healthOf, rolloutOf, targetOf } from '../../../support/rollout-of.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const STABLE = {
  version: '2',
  runId: 'r2',
  digest: 'd2',
  registry: SPEC.registry.url,
  since: ago(60),
  availableReplicas: 3,
};
const FIRST = { version: '1', runId: 'r1', digest: 'd1', since: ago(9_000), until: ago(60) };
const SOAKING: ModelDeploymentStatus = {
  phase: 'Soaking',
  stable: STABLE,
  history: [{ ...FIRST, outcome: 'Served' }],
};
const ALIAS: Facts['alias'] = { kind: 'version', version: '2' };
const HEALTHY = healthOf();

function soaking(changes: Partial<typeof STABLE> & { resumedAt?: string }): ModelDeploymentStatus {
  return { ...SOAKING, stable: { ...STABLE, ...changes } };
}

function factsOf(availableReplicas: number, facts: Partial<Facts> = {}, wantedReplicas = 3): Facts {
  return {
    alias: ALIAS,
    target: targetOf({ availableReplicas, wantedReplicas, pin: STABLE }),
    health: HEALTHY,
    ...facts,
  };
}

const lost = (status: ModelDeploymentStatus, ...facts: Parameters<typeof factsOf>) =>
  lostStablePods(rolloutOf({ status }), factsOf(...facts));

describe('a new stable version gives its keys back', () => {
  test('if its pods crashed twice, also while enough pods are available', () => {
    expect(lost(SOAKING, 3, { crashes: crashesOf(2) })).toBe(
      'container inference crashed 2 times in ten minutes since version 2 serves',
    );
    expect(lost(SOAKING, 3, { crashes: crashesOf(1) })).toBeUndefined();
  });

  test('if its pods crashed twice while the Deployment grows', () => {
    expect(lost(SOAKING, 3, { crashes: crashesOf(2) }, 10)).toBeDefined();
  });

  test('if more than half of the pods are lost', () => {
    expect(lost(SOAKING, 1)).toBe('1 of 3 pods are available with version 2, and 3 were before');
    expect(lost(SOAKING, 2)).toBeUndefined();
  });

  test('if its pods cannot be listed and none is available for two minutes', () => {
    const blind = { health: undefined };
    const outage = (seconds: number): ModelDeploymentStatus => ({
      ...SOAKING,
      conditions: [
        { type: 'Available', status: 'False', reason: 'X', message: '', lastTransitionTime: ago(seconds) },
      ],
    });
    expect(lost(outage(120), 0, blind)).toBeDefined();
    expect(lost(outage(119), 0, blind)).toBeUndefined();
    expect(lost(outage(120), 1, blind)).toBeUndefined();
  });

  test('also while MLflow does not say which version is wanted', () => {
    const alias: Facts['alias'] = { kind: 'unreachable', message: 'x' };
    const next = decide(rolloutOf({ status: SOAKING }), factsOf(0, { alias }));
    expect(next).toMatchObject({
      stable: { version: '1' },
      failed: { version: '2', reason: 'PodsUnavailable' },
    });
  });
});

describe('while the next version is verified', () => {
  const next = { version: '3', since: ago(20) };
  const alias: Facts['alias'] = { kind: 'version', version: '3' };
  const verifying: ModelDeploymentStatus = { ...SOAKING, phase: 'Verifying', candidate: next };

  test('a stable version whose pods fail in its bake time gives its keys back', () => {
    const after = decide(rolloutOf({ status: verifying }), factsOf(3, { alias, crashes: crashesOf(2) }));
    expect(after).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1' },
      candidate: { version: '1', weightPercent: 100 },
      refusals: [{ version: '2', reason: 'PodsUnavailable' }],
    });
    const restored = targetOf({ pin: { version: '1', digest: 'd1' } });
    const again = decide(rolloutOf({ status: after }), factsOf(3, { alias, target: restored }));
    expect(again).toMatchObject({ phase: 'Verifying', candidate: { version: '3' } });
  });

  test('a first version whose pods fail goes on serving, and the next version is verified again', () => {
    const status = { ...verifying, history: [] };
    const after = decide(rolloutOf({ status }), factsOf(0, { alias }));
    expect(after).toMatchObject({
      phase: 'Stable',
      stable: { version: '2' },
      failed: { version: '2', reason: 'PodsUnavailable' },
    });
    const again = decide(rolloutOf({ status: after }), factsOf(0, { alias }));
    expect(again).toMatchObject({ phase: 'Verifying', candidate: { version: '3' } });
    const later = decide(rolloutOf({ status: again }), factsOf(0, { alias, crashes: crashesOf(9) }));
    expect(later).toMatchObject({ phase: 'Verifying', candidate: { version: '3' } });
  });

  test('a version whose bake time is over keeps its keys', () => {
    const { availableReplicas: _, ...over } = STABLE;
    expect(lost({ ...verifying, stable: over }, 0, { crashes: crashesOf(9) })).toBeUndefined();
  });
});

test('a bake time goes on as it was if no pod loaded the version that interrupted it', () => {
  const status: ModelDeploymentStatus = {
    ...SOAKING,
    phase: 'Verifying',
    candidate: { version: '3', since: ago(20) },
  };
  const after = decide(rolloutOf({ status }), factsOf(3));
  expect(after).toMatchObject({ phase: 'Soaking', stable: { availableReplicas: 3 } });
  expect(after.stable).not.toHaveProperty('resumedAt');
});

describe('a new stable version keeps its keys', () => {
  test('if the Deployment was made smaller, or has no pods', () => {
    expect(lost(SOAKING, 1, { health: healthOf({ total: 1, starting: 0 }) }, 1)).toBeUndefined();
    expect(lost(SOAKING, 0, { health: healthOf({ total: 0, starting: 0 }) }, 0)).toBeUndefined();
  });

  test('if the Deployment grows and the new pods do not start', () => {
    expect(lost(SOAKING, 3, { health: healthOf({ total: 10, starting: 0 }) }, 10)).toBeUndefined();
  });

  test('if pods are replaced, also if none is available and no node takes the new pods for long', () => {
    const status: ModelDeploymentStatus = {
      ...SOAKING,
      conditions: [
        { type: 'Available', status: 'False', reason: 'X', message: '', lastTransitionTime: ago(900) },
      ],
    };
    expect(lost(status, 0, { health: healthOf({ total: 3, starting: 3 }) })).toBeUndefined();
    expect(lost(status, 0, { health: healthOf({ total: 0, starting: 0 }) })).toBeUndefined();
  });

  test('if it served well before, because it may be the cure', () => {
    const history = [{ ...FIRST, version: '2', digest: 'd2', outcome: 'Served' as const }];
    expect(lost({ ...SOAKING, history }, 0, { crashes: crashesOf(9) })).toBeUndefined();
  });

  test('while pods may still fail by a candidate that was dropped, and if they were down by it', () => {
    expect(lost(soaking({ resumedAt: ago(9) }), 0, { crashes: crashesOf(9) })).toBeUndefined();
    expect(lost(soaking({ resumedAt: ago(10) }), 0, { crashes: crashesOf(2) })).toBeDefined();
    const { availableReplicas: _, ...unknown } = STABLE;
    const down = { ...SOAKING, stable: { ...unknown, resumedAt: ago(100) } };
    expect(lost(down, 0)).toBeUndefined();
  });

  test('while its pods are brought back, unless they crash', () => {
    const candidate = { version: '2', mode: 'canary', weightPercent: 100, since: ago(30) } as const;
    const status = { ...soaking({ resumedAt: ago(30) }), candidate };
    expect(lost(status, 0)).toBeUndefined();
    expect(lost(status, 0, { crashes: crashesOf(2) })).toBeDefined();
  });

  test('as long as new, missing and available pods together make up half', () => {
    const pods = fc.record({
      most: fc.integer({ min: 1, max: 50 }),
      wanted: fc.nat({ max: 50 }),
      available: fc.nat({ max: 50 }),
      starting: fc.nat({ max: 50 }),
      missing: fc.nat({ max: 50 }),
    });
    fc.assert(
      fc.property(pods, ({ most, wanted, available, starting, missing }) => {
        const expected = Math.min(most, wanted);
        const health = healthOf({ total: Math.max(0, expected - missing), starting });
        const verdict = lost(soaking({ availableReplicas: most }), available, { health }, wanted);
        const there = available + starting + Math.min(missing, expected);
        expect(verdict === undefined).toBe(expected === 0 || (there > 0 && 2 * there >= expected));
      }),
    );
  });
});

describe('the bake time', () => {
  const passed: Measurement = { kind: 'measured', verdict: 'passed', samples: 9, message: 'fine' };

  test('remembers the largest number of available pods, also if an earlier release began it', () => {
    const { availableReplicas: _, ...unknown } = STABLE;
    const early = soaking({ since: ago(5) });
    const known = (status: ModelDeploymentStatus, available: number) =>
      decide(rolloutOf({ status }), factsOf(available)).stable?.availableReplicas;
    expect(known({ ...early, stable: { ...unknown, since: ago(5) } }, 2)).toBe(2);
    expect(known(early, 2)).toBe(3);
    expect(known(early, 5)).toBe(5);
    expect(known(soaking({ since: ago(5), availableReplicas: 0, resumedAt: ago(1) }), 3)).toBe(0);
  });

  test('does not end while no pod is available, and leaves nothing behind', () => {
    const starting = { health: healthOf({ total: 3, starting: 3 }), measurement: passed };
    const down = decide(rolloutOf({ status: SOAKING }), factsOf(0, starting));
    expect(down.phase).toBe('Soaking');
    const up = decide(rolloutOf({ status: SOAKING }), factsOf(3, { measurement: passed }));
    expect(up).toMatchObject({ phase: 'Stable', stable: { soakedAt: expect.any(String) } });
    expect(up.stable).not.toHaveProperty('availableReplicas');
  });

  test('counts from its begin, or from a moment after it went on', () => {
    const since = (status: ModelDeploymentStatus) => watchedSince(rolloutOf({ status }));
    expect(since(SOAKING)).toBe(STABLE.since);
    expect(since(soaking({ resumedAt: ago(30) }))).toBe(ago(20));
    expect(since(soaking({ resumedAt: 'no time' }))).toBeUndefined();
    expect(since({ ...SOAKING, phase: 'Stable' })).toBeUndefined();
  });
});
