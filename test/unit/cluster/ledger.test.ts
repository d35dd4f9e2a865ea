import { expect, test } from '@jest/globals';
import type { Application } from '../../cluster/applications.ts';
import { Ledger } from '../../cluster/ledger.ts';

const SENT_AT = Date.parse('2026-01-01T00:00:00Z');

function put(
  ledger: Ledger,
  sequence: string,
  key = 'a',
  expected: Application['expected'] = 'decision',
): void {
  const application = { requestId: sequence, partitionKey: key, data: new Uint8Array(), expected };
  ledger.sent({ shardId: 'shard-0', sequenceNumber: sequence }, application, SENT_AT);
}

const IDS = ['5f9c2d3a-7f0b-5d7e-9a55-0c1c4f6f7c11', '5f9c2d3a-7f0b-5d7e-9a55-0c1c4f6f7c12'] as const;

function answer(ledger: Ledger, sequence: string, after: number, changes: object = {}): void {
  const at = SENT_AT + after;
  const position = {
    decision_id: IDS[0],
    shard_id: 'shard-0',
    sequence_number: sequence,
    sub_sequence_number: 0,
    epoch: 1,
    model: 'loan-eligibility',
    model_version: '1',
  };
  const decision = {
    prediction: { approved: true, request_id: sequence, probability: 0.8, reasons: [] },
    run_id: 'run',
    digest: 'sha256:00',
    role: 'stable',
    scored_at: new Date(at).toISOString(),
  };
  const deadLetter = {
    stream: 'applications',
    partition_key: sequence,
    arrived_at: new Date(SENT_AT).toISOString(),
    payload: '',
    rejected_at: new Date(at).toISOString(),
  };
  const body = { ...position, ...('error' in changes ? deadLetter : decision), ...changes };
  const data = Buffer.from(JSON.stringify(body));
  ledger.answered({
    shardId: 'out',
    sequenceNumber: '9',
    subSequenceNumber: 0,
    partitionKey: sequence,
    arrivalMilliseconds: at,
    data,
  });
}

test('counts what was sent and not answered as lost', () => {
  const ledger = new Ledger();
  put(ledger, '1');
  put(ledger, '2');
  answer(ledger, '1', 40);
  expect(ledger.account()).toMatchObject({ sent: 2, lost: 1, slowestMilliseconds: 40 });
});

test('counts a rejection where a decision was due', () => {
  const ledger = new Ledger();
  put(ledger, '1');
  answer(ledger, '1', 10, { error: { code: 'not_json', message: 'not JSON' } });
  expect(ledger.account().unexpected).toBe(1);
});

test('tells a repeated decision from a contradicting one', () => {
  const ledger = new Ledger();
  put(ledger, '1');
  put(ledger, '2');
  answer(ledger, '1', 10);
  answer(ledger, '1', 20);
  answer(ledger, '2', 10);
  answer(ledger, '2', 20, { decision_id: IDS[1] });
  expect(ledger.account()).toMatchObject({ duplicates: 2, contradictions: 1 });
});

test('sees a key whose later application came out first, and no other key', () => {
  const ledger = new Ledger();
  put(ledger, '1', 'a');
  put(ledger, '2', 'a');
  put(ledger, '3', 'b');
  answer(ledger, '2', 10);
  answer(ledger, '1', 20);
  answer(ledger, '3', 5);
  expect(ledger.account().disordered).toBe(1);
});

test('sees an applicant who met a version again after another one', () => {
  const ledger = new Ledger();
  for (const [index, version] of ['1', '2', '1'].entries()) {
    put(ledger, `${index}`, 'a');
    answer(ledger, `${index}`, index, { model_version: version });
  }
  put(ledger, '8', 'b');
  answer(ledger, '8', 1);
  put(ledger, '9', 'b');
  answer(ledger, '9', 2, { model_version: '2' });
  expect(ledger.account()).toMatchObject({ flippedBack: 1, decisionsByVersion: { '1': 3, '2': 2 } });
});
