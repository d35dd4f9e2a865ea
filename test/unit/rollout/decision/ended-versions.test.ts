import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { endOf, withLostEnds } from '../../../../operators/rollout/decision/ended-versions.ts';
import { refusalOf, withRefusal } from '../../../../operators/rollout/decision/refusals.ts';
import { closeRevision } from '../../../../operators/rollout/decision/revisions.ts';
import { isUsed } from '../../../../operators/rollout/decision/used-statements.ts';
import type { ModelDeploymentStatus } from '../../../../services/shared/model-deployment/status.ts';
import { rolloutOf } from '../../../support/rollout-of.ts';
import { digestOf } from '../../../support/rollout-world.ts';

const end = fc.record({
  version: fc.nat({ max: 80 }).map(String),
  what: fc.constantFrom('left service', 'was refused', 'was refused before its digest was known'),
  modelCreatedAt: fc.constantFrom('2025-01-01T00:00:00.000Z', '2025-01-02T00:00:00.000Z', undefined),
  registry: fc.constantFrom('http://mlflow:5000', 'http://other:5000', undefined),
});

test('a statement from before any end of its version is spent, however many ends came later', () => {
  fc.assert(
    fc.property(fc.array(end, { maxLength: 150 }), (ends) => {
      let status: ModelDeploymentStatus = {};
      const last = new Map<string, number>();
      let now = Date.UTC(2026, 0, 1);
      for (const { version, what, registry, modelCreatedAt } of ends) {
        now += 1000;
        const digest = digestOf(version);
        const identity = { version, digest, registry, modelCreatedAt };
        const since = new Date(now).toISOString();
        if (what === 'left service') {
          const before = { ...status, stable: { ...identity, runId: '', since } };
          status = withLostEnds(before, { ...before, history: closeRevision(before, now, 'Served') });
          last.set(version, now);
        } else {
          const known = what === 'was refused';
          const refused = known ? identity : { ...identity, digest: undefined };
          const refusal = refusalOf(rolloutOf({ now }), refused, 'CanaryFailed', 'bad');
          status = withLostEnds(status, { ...status, refusals: withRefusal(status, refusal) });
          if (known) last.set(version, now);
        }
      }
      for (const [version, at] of last) {
        const ended = endOf(status, { version, digest: digestOf(version) });
        const isSpent = isUsed(status.usedStatements, '', new Date(at).toISOString()) || (ended ?? 0) >= at;
        expect([version, isSpent]).toEqual([version, true]);
      }
      expect(isUsed(status.usedStatements, '', new Date(now + 1).toISOString())).toBe(false);
    }),
  );
});
