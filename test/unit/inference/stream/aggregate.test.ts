import { describe, expect, test } from '@jest/globals';
import { openAggregates } from '../../../../services/inference/stream/shard/aggregate.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { kplAggregate } from '../../../support/stream/kpl-aggregate.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const parts = ['a', 'b', 'a'].map((partitionKey, index) => ({
  partitionKey,
  data: Buffer.from(`part ${index}`),
}));

describe('openAggregates', () => {
  test('gives the very array back where nothing is aggregated', () => {
    const records = [recordAt(0), recordAt(1)];
    expect(openAggregates(records)).toBe(records);
  });

  test('opens an aggregate in place, in order, with its keys and sub-sequence numbers', () => {
    const opened = openAggregates([recordAt(0), recordAt(1, { data: kplAggregate(parts) }), recordAt(2)]);
    expect(opened.map(textOf)).toEqual(['0', 'part 0', 'part 1', 'part 2', '2']);
    expect(opened.map((record) => record.partitionKey)).toEqual(['key-0', 'a', 'b', 'a', 'key-2']);
    expect(opened.map((record) => record.subSequenceNumber)).toEqual([0, 0, 1, 2, 0]);
    expect(new Set(opened.slice(1, 4).map((record) => record.sequenceNumber)).size).toBe(1);
  });

  test('takes what only begins like an aggregate as a plain record', () => {
    const broken = kplAggregate(parts);
    broken.writeUInt8(broken.readUInt8(10) ^ 1, 10);
    for (const data of [broken, Buffer.from('f3899ac2', 'hex'), kplAggregate(parts).subarray(0, -1)]) {
      const record = recordAt(0, { data });
      expect(openAggregates([record])).toEqual([record]);
    }
  });
});
