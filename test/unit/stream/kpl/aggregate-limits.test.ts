import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openAggregates, openInPortions } from '../../../../services/stream/kpl/aggregate.ts';
import { AGGREGATE_LIMITS } from '../../../../services/stream/kpl/aggregate-content.ts';
import type { StreamRecord } from '../../../../services/stream/record.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { emptyParts, field, kplAggregate, sealed, varint } from '../../../support/stream/kpl-aggregate.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const { parts: MOST_PARTS } = AGGREGATE_LIMITS;
const KEY = field(1, Buffer.from('k'));
const PART = field(3, Buffer.concat([varint(0x08), varint(0), field(3, Buffer.from('data'))]));

/** The aggregate between two plain records, opened. */
function openBetween(data: Buffer): readonly StreamRecord[] {
  const opened = openAggregates([recordAt(0), recordAt(1, { data }), recordAt(2)]);
  expect([opened.at(0), opened.at(-1)].map((record) => record && textOf(record))).toEqual(['0', '2']);
  return opened.slice(1, -1);
}

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes);
}

describe('an aggregate beyond a limit', () => {
  const largest = String(2n ** 128n - 1n);
  const withHashKey = (text: string) =>
    Buffer.concat([KEY, field(2, Buffer.from(text)), field(3, Buffer.concat([varint(0x10), varint(0)]))]);

  test.each<[string, Buffer, RegExp]>([
    ['parts', emptyParts(500_000), /has 500000 records: the limit is 10000$/],
    ['parts, just above', emptyParts(MOST_PARTS + 1), /has 10001 records/],
    ['partition keys', sealed(repeated(KEY, 10_001)), /has 10001 partition keys/],
    ['hash keys', sealed(repeated(field(2, Buffer.from('1')), 10_001)), /has 10001 hash keys/],
    ['digits', sealed(withHashKey('9'.repeat(400_000))), /has 400000 digits in a hash key/],
    ['leading zeros', sealed(withHashKey('0'.repeat(400_000))), /has 400000 digits/],
    ['hash key', sealed(withHashKey(String(2n ** 128n))), /hash key 340282366920938463463374607431768211456/],
    [
      'unnamed hash key',
      sealed(Buffer.concat([PART, field(2, Buffer.from('9'.repeat(39)))])),
      /hash key 999/,
    ],
  ])('is one record that is given up, and its neighbours are kept: %s', (_, data, message) => {
    const [record, ...others] = openBetween(data);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ partitionKey: 'key-1', data, subSequenceNumber: 0 });
    expect(record?.giveUp).toMatchObject({
      code: 'invalid_aggregate',
      message: expect.stringMatching(message),
    });
  });

  test('is opened if it is at the limit', () => {
    expect(openBetween(emptyParts(MOST_PARTS))).toHaveLength(MOST_PARTS);
    const asked: string[] = [];
    const padded = largest.padStart(39, '0');
    openAggregates([recordAt(0, { data: sealed(withHashKey(padded)) })], (hashKey) => {
      asked.push(hashKey);
      return 'keep';
    });
    expect(asked).toEqual(['f'.repeat(32)]);
  });
});

describe('a malformed aggregate', () => {
  const partOf = (...fields: Buffer[]) => sealed(Buffer.concat([KEY, field(3, Buffer.concat(fields))]));

  test.each<[string, Buffer]>([
    ['a length past the message', sealed(Buffer.concat([KEY, Buffer.from([0x1a, 0x05, 0x00])]))],
    ['a length past its part', sealed(Buffer.concat([KEY, Buffer.from([0x1a, 0x02, 0x1a, 0x04]), PART]))],
    ['a length of 2^63', sealed(Buffer.concat([Buffer.from([0x1a]), varint(2n ** 63n), PART]))],
    ['a number without an end', sealed(Buffer.concat([Buffer.from([0x08]), Buffer.alloc(11, 0xff)]))],
    ['nested groups', sealed(Buffer.alloc(1_000_000, 0x0b))],
    ['field number 0', sealed(Buffer.from([0x00, 0x00]))],
  ])('is a plain record: %s', (_, data) => {
    const [record, ...others] = openBetween(data);
    expect(others).toEqual([]);
    expect(record).toEqual(recordAt(1, { data }));
  });

  test.each([-1n, 2n ** 32n, 2n ** 63n, 7n])(
    'with the key index %s has the key of the aggregate: the index is not cut to a valid one',
    (index) => {
      const data = partOf(varint(0x08), varint(index), field(3, Buffer.from('it')));
      expect(openBetween(data)).toMatchObject([{ partitionKey: 'key-1', data: Buffer.from('it') }]);
    },
  );

  test('has unknown fields skipped, and of a field that comes twice the last counts', () => {
    const masses = repeated(Buffer.concat([varint(9 * 8), varint(1)]), 100_000);
    const data = sealed(
      Buffer.concat([
        masses,
        KEY,
        field(3, Buffer.concat([masses, field(3, Buffer.from('1')), field(3, Buffer.from('2'))])),
      ]),
    );
    expect(openBetween(data).map(textOf)).toEqual(['2']);
  });

  test('whatever its bytes are, it is opened, given up or plain, and never more than the limit', () => {
    const wild = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 60 }))
        .map(([number, content]) => field(number, content)),
      fc
        .tuple(fc.integer({ min: 0, max: 40 }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }))
        .map(([tag, value]) => Buffer.concat([varint(tag), varint(value)])),
      fc.constantFrom(KEY, PART),
    );
    const message = fc.array(wild, { maxLength: 30 }).map((pieces) => Buffer.concat(pieces));
    fc.assert(
      fc.property(message, (bytes) => {
        const opened = openBetween(sealed(bytes));
        expect(opened.length).toBeLessThanOrEqual(MOST_PARTS);
        for (const { partitionKey } of opened) expect(partitionKey.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('openInPortions', () => {
  test('opens the next aggregate only when its portion is asked for, and splits no aggregate', () => {
    let judged = 0;
    const bombs = Array.from({ length: 5 }, (_, index) => recordAt(index, { data: emptyParts(5_000) }));
    const portions = openInPortions(bombs, () => {
      judged++;
      return 'keep';
    });
    expect(portions.next().value).toHaveLength(5_000);
    expect(judged).toBe(5_000);
    expect([...portions].map(({ length }) => length)).toEqual([5_000, 5_000, 5_000, 5_000, 0]);
  });

  test('delivers small aggregates together, in order', () => {
    const data = kplAggregate([{ partitionKey: 'a', data: Buffer.from('it') }]);
    const records = Array.from({ length: 4_100 }, (_, index) => recordAt(index, index % 2 ? { data } : {}));
    const portions = [...openInPortions(records)];
    expect(portions.map(({ length }) => length)).toEqual([2_000, 2_000, 100]);
    expect(portions.flat().map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      records.map(({ sequenceNumber }) => sequenceNumber),
    );
  });
});
