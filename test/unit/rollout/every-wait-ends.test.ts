import { describe, expect, test } from '@jest/globals';
import { decide } from '../../../operators/rollout/decision/decide.ts';
import type { Facts, Measurement } from '../../../operators/rollout/decision/rollout.ts';
import type { ModelDeploymentStatus, Phase } from '../../../services/shared/model-deployment/status.ts';
import { ago, rolloutOf, targetOf } from '../../support/rollout-of.ts';

const LONG_AGO = ago(100_000);
const STABLE = { version: '1', runId: 'r1', digest: 'd1', since: ago(900_000), soakedAt: ago(800_000) };
const CANDIDATE = { version: '2', runId: 'r2', digest: 'd2', availableReplicas: 3, since: LONG_AGO };
const INCONCLUSIVE: Measurement = {
  kind: 'measured',
  verdict: 'inconclusive',
  samples: 0,
  message: 'no value',
};
const pin = { version: '2', digest: 'd2' };

/** Every state that waits, and the facts that it has while nothing helps it on. */
const WAITS: Record<string, { status: ModelDeploymentStatus; facts: Partial<Facts> }> = {
  Verifying: {
    status: { phase: 'Verifying', candidate: { version: '2', since: LONG_AGO } },
    facts: { verification: { kind: 'running' } },
  },
  Shadowing: {
    status: { phase: 'Shadowing', candidate: { ...CANDIDATE, mode: 'shadow' } },
    facts: { measurement: INCONCLUSIVE },
  },
  'Canary at 0 %': {
    status: { phase: 'Canary', candidate: { ...CANDIDATE, mode: 'canary', weightPercent: 0 } },
    facts: { pods: { total: 3, loaded: 1, youngestStart: ago(1) } },
  },
  'Canary at 10 %': {
    status: { phase: 'Canary', candidate: { ...CANDIDATE, mode: 'canary', weightPercent: 10 } },
    facts: { measurement: INCONCLUSIVE },
  },
  'Promoting at 50 %': {
    status: { phase: 'Promoting', candidate: { ...CANDIDATE, mode: 'canary', weightPercent: 50 } },
    facts: { pods: { total: 3, loaded: 1, youngestStart: ago(1) } },
  },
  'Promoting at 100 %': {
    status: { phase: 'Promoting', candidate: { ...CANDIDATE, mode: 'canary', weightPercent: 100 } },
    facts: { target: targetOf({ pin, complete: false, idleSeconds: 600 }) },
  },
  Soaking: {
    status: { phase: 'Soaking', stable: { ...STABLE, since: LONG_AGO, soakedAt: undefined } },
    facts: { measurement: INCONCLUSIVE },
  },
};

function next(wait: string, changes: Partial<Facts>): ModelDeploymentStatus {
  const { status, facts } = WAITS[wait] ?? { status: {}, facts: {} };
  const wanted = status.phase === 'Soaking' ? '1' : '2';
  const alias = { kind: 'version', version: wanted } as const;
  const all: Facts = { alias, target: targetOf({ pin }), ...facts, ...changes };
  const rollout = rolloutOf({ status: { stable: STABLE, ...status } });
  const stable = rollout.status.stable && { ...rollout.status.stable, registry: rollout.spec.registry.url };
  return decide({ ...rollout, status: { ...rollout.status, stable } }, all);
}

const names = (status: ModelDeploymentStatus, type: string, value: string) =>
  status.conditions?.some((condition) => condition.type === type && condition.status === value);

describe.each(Object.keys(WAITS))('%s', (wait) => {
  const before: Phase | undefined = WAITS[wait]?.status.phase;

  test('ends at its deadline', () => {
    expect(next(wait, {}).phase).not.toBe(before);
  });

  test.each<[string, Partial<Facts>, string, string]>([
    ['MLflow is away', { alias: { kind: 'unreachable', message: 'x' } }, 'RegistryReachable', 'False'],
    ['MLflow refuses', { alias: { kind: 'refused', message: 'x' } }, 'RegistryReachable', 'False'],
    ['MLflow is not allowed', { alias: { kind: 'notAllowed', message: 'x' } }, 'RegistryReachable', 'False'],
    ['the target is missing', { target: { kind: 'missing', message: 'x' } }, 'Degraded', 'True'],
    ['a read is denied', { denials: [{ kind: 'read', message: 'x' }] }, 'ActionDenied', 'True'],
    ['a write is denied', { denials: [{ kind: 'write', message: 'x' }] }, 'ActionDenied', 'True'],
    ['the pin is contested', { contest: { message: 'x' } }, 'PinContested', 'True'],
  ])('ends, or a condition names the cause, if %s', (_what, changes, type, value) => {
    const after = next(wait, changes);
    expect(after.phase !== before || names(after, type, value)).toBe(true);
  });

  test.each<[string, Partial<Facts>]>([
    ['the verification', { verification: undefined }],
    ['the pods', { pods: undefined, health: undefined, crashes: undefined }],
    ['the measurement', { measurement: undefined }],
  ])('does nothing new without a reading of %s', (_what, changes) => {
    expect(['RolledBack', 'Soaking', 'Stable', before]).toContain(next(wait, changes).phase);
  });
});

test('a Job that never starts does not keep a version waiting', () => {
  const after = next('Verifying', {});
  expect(after.failed).toMatchObject({ version: '2', reason: 'VerificationDeadlineExceeded' });
  expect(after.failed?.message).toContain('did not end within 660 s');
});
