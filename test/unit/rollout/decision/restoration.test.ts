import { expect, test } from '@jest/globals';
import { mustRestore } from '../../../../operators/rollout/decision/restoration.ts';
import { rolloutOf } from '../../../support/rollout-of.ts';

test('pods of a dropped version decide with the stable version for as long as the target is missing', () => {
  const since = '2026-01-01T00:00:00.000Z';
  const stable = { version: '1', runId: 'r', digest: 'sha256:1', since };
  const candidate = { ...stable, mode: 'canary' as const, weightPercent: 100 };
  const rollout = rolloutOf({ status: { phase: 'RolledBack', stable, candidate } });
  expect(mustRestore(rollout, { kind: 'missing', message: 'no container inference' })).toBe(true);
});
