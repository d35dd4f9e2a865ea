import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openAggregates } from '../../../../services/stream/kpl/aggregate.ts';
import {
  AGGREGATE_OVERHEAD_BYTES,
  aggregate,
  partBytes,
} from '../../../../services/stream/kpl/aggregate-writer.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { kplAggregate } from '../../../support/stream/kpl-aggregate.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const parts = ['a', 'b', 'a'].map((partitionKey, index) => ({
  partitionKey,
  data: Buffer.from(`part ${index}`),
}));

describe('openAggregates', () => {
  test('returns the same array if no record is an aggregate', () => {
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

  test('gives a part the key of the aggregate if Kinesis would refuse its own key', () => {
    const odd = ['', 'x'.repeat(257), 'x'.repeat(256)].map((partitionKey) => ({
      partitionKey,
      data: Buffer.from('it'),
    }));
    const opened = openAggregates([recordAt(1, { data: kplAggregate(odd) })]);
    expect(opened.map((record) => record.partitionKey)).toEqual(['key-1', 'key-1', 'x'.repeat(256)]);
  });

  test('leaves out parts that are dropped by their hash key; the other parts keep their sub-sequence numbers', () => {
    const explicit = (explicitHashKey: string) => ({
      partitionKey: 'a',
      explicitHashKey,
      data: Buffer.from('it'),
    });
    const asked: string[] = [];
    const opened = openAggregates(
      [recordAt(0), recordAt(1, { data: kplAggregate([...parts, explicit('255'), explicit('256')]) })],
      (hashKey) => {
        asked.push(hashKey);
        return [hash('md5', 'b'), '100'.padStart(32, '0')].includes(hashKey) ? 'drop' : 'keep';
      },
    );
    expect(opened.map((record) => record.subSequenceNumber)).toEqual([0, 0, 2, 3]);
    expect(asked).toEqual([
      ...['a', 'b', 'a'].map((key) => hash('md5', key)),
      'ff'.padStart(32, '0'),
      '100'.padStart(32, '0'),
    ]);
  });

  test('keeps plain records, and parts that cannot be assigned to a shard', () => {
    const odd = [
      { partitionKey: '', data: Buffer.from('it') },
      { partitionKey: '', explicitHashKey: 'not a number', data: Buffer.from('it') },
    ];
    const opened = openAggregates([recordAt(0), recordAt(1, { data: kplAggregate(odd) })], () => 'drop');
    expect(opened).toHaveLength(3);
  });

  test('treats a record that only begins like an aggregate as a plain record', () => {
    const broken = kplAggregate(parts);
    broken.writeUInt8(broken.readUInt8(10) ^ 1, 10);
    for (const data of [broken, Buffer.from('f3899ac2', 'hex'), kplAggregate(parts).subarray(0, -1)]) {
      const record = recordAt(0, { data });
      expect(openAggregates([record])).toEqual([record]);
    }
  });
});

describe('aggregate', () => {
  test('has the format of the Kinesis Producer Library', () => {
    expect(aggregate(parts)).toEqual(kplAggregate(parts));
  });

  test('opens to the same entries, whatever they are, and is not larger than calculated', () => {
    const entries = fc.array(
      fc.record({
        partitionKey: fc
          .string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
          .filter((key) => key.length <= 256),
        data: fc.uint8Array({ maxLength: 300 }),
      }),
      { minLength: 1, maxLength: 300 },
    );
    fc.assert(
      fc.property(entries, (list) => {
        const data = aggregate(list);
        const opened = openAggregates([recordAt(0, { data })]);
        const plain = (all: readonly { partitionKey: string; data: Uint8Array }[]) =>
          all.map((it) => ({ partitionKey: it.partitionKey, data: [...it.data] }));
        expect(plain(opened)).toEqual(plain(list));
        const reckoned = list.reduce(
          (sum, it) => sum + partBytes(it.partitionKey, it.data),
          AGGREGATE_OVERHEAD_BYTES,
        );
        expect(data.length).toBeLessThanOrEqual(reckoned);
      }),
    );
  });
});
