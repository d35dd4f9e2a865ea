import { describe, expect, test } from '@jest/globals';
import { assertNext } from '../../../../scripts/stream/skip/skip-plan.ts';
import { skippedLetter } from '../../../../scripts/stream/skip/skipped-letter.ts';
import { decisionId } from '../../../../services/inference/decision/decision-id.ts';
import { deadLetterRecordSchema } from '../../../../services/shared/agreements/dead-letter-record.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const plain = { record: recordAt(5, { sequenceNumber: '500' }), hasMore: false, isPart: false };
const part = {
  record: recordAt(5, { sequenceNumber: '500', subSequenceNumber: 3 }),
  hasMore: true,
  isPart: true,
};

function refusal(named: Parameters<typeof assertNext>[1], next: Parameters<typeof assertNext>[2]): string {
  try {
    assertNext('shardId-000000000000', named, next);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a skip', () => {
  test.each([
    [{ sequenceNumber: '500' }, plain, /^$/],
    [{ sequenceNumber: '500', subSequenceNumber: 0 }, plain, /^$/],
    [{ sequenceNumber: '500', subSequenceNumber: 3 }, part, /^$/],
    [
      { sequenceNumber: '501' },
      plain,
      /not there yet: the next record to be done is 500\. A skip moves past one/,
    ],
    [{ sequenceNumber: '99' }, plain, /is done already: the next record to be done is 500/],
    [
      { sequenceNumber: '500', subSequenceNumber: 4 },
      part,
      /not there yet: the next record to be done is 500:3/,
    ],
    [
      { sequenceNumber: '500', subSequenceNumber: 2 },
      part,
      /is done already: the next record to be done is 500:3/,
    ],
    [{ sequenceNumber: '500' }, part, /is an aggregate: name its next record, 500:3/],
    [{ sequenceNumber: '500' }, undefined, /has no record that is not done/],
  ])('of %j', (named, next, message) => {
    expect(refusal(named, next)).toMatch(message);
  });

  test('writes a dead letter in the format of the service, under the id of the decision', () => {
    const { record } = part;
    const batch = { stream: 'in', shardId: 'shardId-0', epoch: 7, objectPrefix: 's3://bucket' };
    const skipped = skippedLetter({ ...batch, record, nowMilliseconds: 0, reason: 'held the pod' });
    expect(skipped.object).toBeUndefined();
    const letter = deadLetterRecordSchema.parse(JSON.parse(Buffer.from(skipped.data).toString()));
    expect(letter).toMatchObject({
      error: { code: 'skipped', message: 'a person skipped the record: held the pod' },
      payload: Buffer.from(record.data).toString('base64'),
      sequence_number: '500',
      sub_sequence_number: 3,
      decision_id: decisionId({ stream: 'in', shardId: 'shardId-0', epoch: 7, records: [] }, record),
    });
  });
});
