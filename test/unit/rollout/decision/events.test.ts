import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { events } from '../../../../operators/rollout/decision/events.ts';
import type {
  Condition,
  ModelDeploymentStatus,
} from '../../../../services/shared/model-deployment/status.ts';

function withCondition(
  type: Condition['type'],
  status: Condition['status'],
  reason: string,
): ModelDeploymentStatus {
  return {
    conditions: [{ type, status, reason, message: 'why', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  };
}

/** Conditions, the status by which they tell of a trouble, and two reasons of such a trouble. */
const TROUBLES = [
  ['RegistryReachable', 'False', 'RegistryUnreachable', 'RegistryRefused'],
  ['MetricsReachable', 'False', 'MetricsUnreachable', 'MetricsPartial'],
  ['ActionDenied', 'True', 'WriteDenied', 'ReadDenied'],
  ['Degraded', 'True', 'TargetNotFound', 'TargetClaimed'],
] as const;

test('each trouble that a person can end has an Event when it begins, when its reason changes, and when it ends', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TROUBLES), ([type, status, first, second]) => {
      const over = withCondition(type, status === 'True' ? 'False' : 'True', 'AsExpected');
      const trouble = withCondition(type, status, first);
      const other = withCondition(type, status, second);
      expect(events({}, trouble)).toMatchObject([{ type: 'Warning', reason: first }]);
      expect(events(trouble, trouble)).toEqual([]);
      expect(events(trouble, other)).toMatchObject([{ type: 'Warning', reason: second }]);
      expect(events(trouble, over)).toMatchObject([{ type: 'Normal', reason: type }]);
    }),
  );
});

test('a refused version is no loss of the target', () => {
  expect(events({}, withCondition('Degraded', 'True', 'CanaryFailed'))).toEqual([]);
});
