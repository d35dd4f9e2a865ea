import { describe, expect, test } from '@jest/globals';
import type { TransitionRecord } from '../../../services/shared/agreements/audit-record.ts';
import { assertRecorded } from '../../cluster/record-account.ts';

const CHECKS = [{ name: 'samples', value: 100, min: 50, verdict: 'passed' as const }];

function transition(sequence: number, change: Partial<TransitionRecord> = {}): TransitionRecord {
  return {
    kind: 'transition',
    schemaVersion: 1,
    namespace: 'n',
    name: 'loan',
    uid: 'u',
    model: 'loan',
    sequence,
    at: `2026-01-01T00:00:0${sequence}.000Z`,
    reason: 'WeightRaised',
    message: `transition ${sequence}`,
    phase: 'Canary',
    stable: '1',
    ...change,
  };
}

const STATUS = { transitions: [4, 3, 2].map((sequence) => transition(sequence)) };

describe('the audit record of the cluster test', () => {
  test('is complete if it has every transition in order, be it twice', () => {
    const records = [1, 2, 2, 3, 2, 3, 4].map((sequence) => transition(sequence));
    expect(assertRecorded(records, STATUS, 2)).toContain('transitions 2 to 4, in order');
  });

  test.each([
    ['lacks a transition', [2, 4], 'lacks 3'],
    ['lacks the last', [2, 3], 'lacks 4'],
    ['has them in another order', [3, 2, 4], 'transition 3 is out of order'],
  ])('is wrong if it %s', (_what, sequences, message) => {
    const records = sequences.map((sequence) => transition(sequence));
    expect(() => assertRecorded(records, STATUS, 2)).toThrow(message);
  });

  test('is wrong if a transition reads otherwise than in the status', () => {
    const records = [2, 3, 4].map((sequence) => transition(sequence, { message: 'another' }));
    expect(() => assertRecorded(records, STATUS, 2)).toThrow('in another way');
  });

  test('is wrong if a refusal by a gate does not say what was measured', () => {
    const failed = { reason: 'CanaryFailed' };
    const status = { transitions: [transition(1, failed)] };
    expect(() => assertRecorded([transition(1, failed)], status, 1)).toThrow('without what was measured');
    expect(assertRecorded([transition(1, { ...failed, checks: CHECKS })], status, 1)).toContain(
      'measurements: 1',
    );
  });

  test('is wrong if it tells a gap', () => {
    const { sequence: _, message: __, phase: ___, ...rest } = transition(2);
    const gap = { ...rest, kind: 'gap', from: 2, to: 3 } as const;
    expect(() => assertRecorded([gap], STATUS, 2)).toThrow('gap');
  });
});
