import { expect, test } from '@jest/globals';
import { decisionId } from '../../../../services/inference/decision/decision-id.ts';
import { batchOf, streamRecord } from '../../../support/model/decision-stack.ts';

const record = streamRecord('');

test('a decision id is the same for the same place', () => {
  expect(decisionId(batchOf([record]), record)).toBe(
    decisionId(batchOf([record], { epoch: 9 }), streamRecord('x')),
  );
});

test.each([
  ['stream', { stream: 'other' }, {}],
  ['shard', { shardId: 'shardId-000000000001' }, {}],
  ['sequence number', {}, { sequenceNumber: '1' }],
  ['sub-sequence number', {}, { subSequenceNumber: 1 }],
])('a decision id differs by %s', (_, batch, change) => {
  const other = decisionId(batchOf([record], batch), streamRecord('', change));
  expect(other).not.toBe(decisionId(batchOf([record]), record));
});

test('a decision id never changes between releases', () => {
  expect(decisionId(batchOf([record]), record)).toBe('30fbcad8-09f6-5db0-93a0-db971891326a');
});

test('a decision id of a record without a sequence number is random', () => {
  const nowhere = streamRecord('', { sequenceNumber: '' });
  const ids = [1, 2].map(() => decisionId(batchOf([nowhere]), nowhere));
  expect(ids[0]).not.toBe(ids[1]);
});

test('a name longer than the scratch space is hashed whole', () => {
  const long = (end: string) => batchOf([record], { stream: 's'.repeat(2_000) + end });
  expect(decisionId(long('a'), record)).not.toBe(decisionId(long('b'), record));
});
