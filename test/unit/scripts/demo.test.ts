import { describe, expect, test } from '@jest/globals';
import { Ledger } from '../../../scripts/demo/ledger.ts';
import { brokenPromises, type DemoReport } from '../../../scripts/demo/report.ts';
import { workload } from '../../../scripts/demo/workload.ts';

function answer(sequence: string, extra: object, arrivalMilliseconds: number) {
  const body = { shard_id: 'shard-0', sequence_number: sequence, model_version: '1', ...extra };
  return {
    shardId: 'shard-9',
    sequenceNumber: `out-${sequence}`,
    subSequenceNumber: 0,
    partitionKey: 'x',
    arrivalMilliseconds,
    data: Buffer.from(JSON.stringify(body)),
  };
}

const item = (expected: string) => ({ partitionKey: 'x', data: Buffer.alloc(0), expected });
const receipt = (sequenceNumber: string) => ({ shardId: 'shard-0', sequenceNumber });

describe('Ledger', () => {
  test('tells decided, dead-lettered, lost, repeated and unexpected apart', () => {
    const ledger = new Ledger();
    for (const [sequence, expected] of Object.entries({
      a: 'decision',
      b: 'not_json',
      c: 'decision',
      d: 'decision',
    })) {
      ledger.sent(receipt(sequence), item(expected), 1_000);
    }
    ledger.answered(answer('a', {}, 1_010));
    ledger.answered(answer('a', {}, 1_500));
    ledger.answered(answer('b', { error: { code: 'not_json' } }, 1_020));
    ledger.answered(answer('c', { error: { code: 'wrong_type' }, model_version: '2' }, 1_030));
    expect(ledger.summary()).toMatchObject({
      sent: 4,
      predicted: 1,
      rejected: { not_json: 1, wrong_type: 1 },
      lost: 1,
      duplicates: 1,
      unexpected: 1,
      decisionsByVersion: { 1: 1 },
      latencyMilliseconds: { p50: 20, p99: 30 },
    });
  });

  test('finds the first decision of a version, and takes no rejection for one', () => {
    const ledger = new Ledger();
    ledger.answered(answer('a', { model_version: '2', error: { code: 'not_json' } }, 1));
    expect(ledger.firstDecisionBy('2')).toBeUndefined();
    ledger.answered(answer('b', { model_version: '2' }, 7));
    ledger.answered(answer('c', { model_version: '2' }, 5));
    expect(ledger.firstDecisionBy('2')).toBe(5);
  });
});

describe('workload', () => {
  test('mixes malformed and odd applications among the others', () => {
    const line = JSON.stringify({ input: { ApplicantIncome: 1 }, request_id: 'x' });
    const items = workload(Array.from({ length: 250 }, () => line));
    expect(items.filter((entry) => entry.expected !== 'decision').map((entry) => entry.expected)).toEqual([
      'not_json',
      'invalid_envelope',
      'wrong_type',
      'unknown_category',
      'out_of_range',
      'not_json',
    ]);
    expect(new Set(items.map((entry) => entry.partitionKey)).size).toBe(250);
  });
});

describe('brokenPromises', () => {
  const kept: DemoReport = {
    sent: 1,
    predicted: 1,
    rejected: {},
    lost: 0,
    duplicates: 3,
    unexpected: 0,
    decisionsByVersion: {},
    latencyMilliseconds: { p50: 1, p99: 1 },
    recordsPerSecond: 1,
    versionBefore: '1',
    versionAfter: '2',
    firstDecisionByNewVersionMilliseconds: 5,
    totalSeconds: 1,
  };

  test('duplicates are allowed, losses are not', () => {
    expect(brokenPromises(kept)).toEqual([]);
    expect(brokenPromises({ ...kept, lost: 2, firstDecisionByNewVersionMilliseconds: null })).toHaveLength(2);
  });
});
