import { expect, test } from '@jest/globals';
import { mustRestore } from '../../../../operators/rollout/decision/restoration.ts';
import { ago, rolloutOf, targetOf } from '../../../support/rollout-of.ts';

const STABLE = { version: '1', runId: 'r', digest: 'sha256:1', since: ago(9_000) };
const CANDIDATE = { ...STABLE, mode: 'canary' as const, weightPercent: 100, since: ago(60) };
const ROLLOUT = rolloutOf({ status: { phase: 'RolledBack', stable: STABLE, candidate: CANDIDATE } });

test('pods of a dropped version decide with the stable version for as long as the target is missing', () => {
  expect(mustRestore(ROLLOUT, { kind: 'missing', message: 'no container inference' })).toBe(true);
});

test('they do so while the Deployment is stuck with the dropped version, because nobody could set its pin yet', () => {
  const stuck = { message: 'no progress', since: ago(10) };
  const pinnedTo = (version: string) =>
    targetOf({ pin: { version, digest: `sha256:${version}` }, complete: false, stuck });
  expect(mustRestore(ROLLOUT, pinnedTo('2'))).toBe(true);
  expect(mustRestore(ROLLOUT, pinnedTo('1'))).toBe(false);
  expect(mustRestore(ROLLOUT, { ...pinnedTo('2'), idleSeconds: 600 })).toBe(false);
});

test('they do so if the Deployment got stuck before it had the pin of the stable version', () => {
  const stuck = { message: 'no progress', since: ago(10) };
  const pinnedAt = (time: string) =>
    targetOf({ pin: { version: '1', digest: 'sha256:1' }, pinnedAt: time, complete: false, stuck });
  expect(mustRestore(ROLLOUT, pinnedAt(ago(10)))).toBe(true);
  expect(mustRestore(ROLLOUT, pinnedAt(ago(11)))).toBe(false);
  expect(mustRestore(ROLLOUT, { ...pinnedAt(ago(10)), idleSeconds: 600 })).toBe(false);
});
