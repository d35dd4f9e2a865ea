import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRecordsAnswer } from '../../../../services/stream/client/records-answer.ts';

const NOW = Date.UTC(2026, 0, 1);

interface Given {
  readonly data: Uint8Array;
  readonly partitionKey: string;
}

function answerOf(records: readonly Given[]): object {
  return {
    MillisBehindLatest: 1_500,
    NextShardIterator: 'next',
    Records: records.map(({ data, partitionKey }, index) => ({
      ApproximateArrivalTimestamp: 1_700_000_000.25,
      Data: Buffer.from(data).toString('base64'),
      PartitionKey: partitionKey,
      SequenceNumber: String(index),
    })),
  };
}

function told(body: string): Given[] {
  return parseRecordsAnswer(Buffer.from(body), NOW).records.map(({ data, partitionKey }) => ({
    data: new Uint8Array(data),
    partitionKey,
  }));
}

const given = fc.array(
  fc.record({
    data: fc.uint8Array({ maxLength: 200 }),
    partitionKey: fc.string({ unit: 'binary', minLength: 1 }),
  }),
);

test('every record has its data, whatever the layout of the response', () => {
  fc.assert(
    fc.property(given, fc.constantFrom(undefined, 2), (records, indent) => {
      expect(told(JSON.stringify(answerOf(records), undefined, indent))).toEqual(records);
    }),
  );
});

test('a partition key that looks like data is a partition key', () => {
  const records = [
    { data: new Uint8Array([1]), partitionKey: '"Data":"AAAA"' },
    { data: new Uint8Array([2]), partitionKey: '\\"Data":"' },
  ];
  expect(told(JSON.stringify(answerOf(records)))).toEqual(records);
});

test('base64 with escaped slashes is decoded', () => {
  const records = [{ data: new Uint8Array([255, 255, 255, 63]), partitionKey: 'key' }];
  const body = JSON.stringify(answerOf(records)).replaceAll('/', '\\/');
  expect(body).toContain('\\/');
  expect(told(body)).toEqual(records);
});

test('times, iterator and lag are parsed; at the end of a shard there is no iterator', () => {
  const answer = answerOf([{ data: new Uint8Array(), partitionKey: 'key' }]);
  const read = parseRecordsAnswer(Buffer.from(JSON.stringify(answer)), NOW);
  expect(read).toMatchObject({ nextIterator: 'next', behindMilliseconds: 1_500 });
  expect(read.records[0]).toMatchObject({ arrivalMilliseconds: 1_700_000_000_250, sequenceNumber: '0' });
  expect(parseRecordsAnswer(Buffer.from('{"Records":[]}'), NOW)).toEqual({
    records: [],
    nextIterator: undefined,
    namesChildren: false,
    behindMilliseconds: 0,
  });
});

test('a truncated response is an error', () => {
  const body = JSON.stringify(answerOf([{ data: new Uint8Array(9), partitionKey: 'key' }]));
  expect(() => parseRecordsAnswer(Buffer.from(body.slice(0, body.indexOf('"Data"') + 10)), NOW)).toThrow(
    SyntaxError,
  );
});

test('the end of a shard names its children', () => {
  const body = Buffer.from('{"Records":[],"NextShardIterator":null,"ChildShards":[{"ShardId":"shard-1"}]}');
  expect(parseRecordsAnswer(body, NOW)).toMatchObject({ nextIterator: undefined, namesChildren: true });
});

test.each(['Data', 'PartitionKey', 'SequenceNumber'])(
  'an answer whose record has no %s is refused',
  (name) => {
    for (const value of [undefined, null, 5, {}]) {
      const record = { Data: 'AA==', PartitionKey: 'k', SequenceNumber: '1', [name]: value };
      const body = Buffer.from(JSON.stringify({ Records: [record] }));
      expect(() => parseRecordsAnswer(body, NOW)).toThrow(name);
    }
  },
);

test('an answer whose record has an empty key is refused, but empty data is data', () => {
  const body = (record: object) => Buffer.from(JSON.stringify({ Records: [record] }));
  const record = { Data: '', PartitionKey: 'k', SequenceNumber: '1' };
  expect(parseRecordsAnswer(body(record), NOW).records).toHaveLength(1);
  expect(() => parseRecordsAnswer(body({ ...record, PartitionKey: '' }), NOW)).toThrow('PartitionKey');
});

test.each([
  ['null', 0],
  ['-5', 0],
  ['1500', 1_500],
])('MillisBehindLatest %s', (sent, expected) => {
  const body = Buffer.from(`{"Records":[],"MillisBehindLatest":${sent}}`);
  expect(parseRecordsAnswer(body, NOW).behindMilliseconds).toBe(expected);
});

test.each(['1e300', '"abc"', '{}', '[]'])('MillisBehindLatest %s is no time', (sent) => {
  const body = Buffer.from(`{"Records":[],"MillisBehindLatest":${sent}}`);
  expect(() => parseRecordsAnswer(body, NOW)).toThrow('MillisBehindLatest');
});

test.each([
  ['a number in a text', '"1700000000.25"', 1_700_000_000_250],
  ['no number', '"yesterday"', NOW],
])('a time of arrival that is %s', (_, sent, expected) => {
  const body = `{"Records":[{"Data":"AA==","PartitionKey":"k","SequenceNumber":"1","ApproximateArrivalTimestamp":${sent}}]}`;
  expect(parseRecordsAnswer(Buffer.from(body), NOW).records[0]?.arrivalMilliseconds).toBe(expected);
});

test.each(['', '"SequenceNumber":null,', '"SequenceNumber":"",'])(
  'a record whose sequence number is missing (%j) is an error of the call',
  (sequence) => {
    const body = `{"Records":[{${sequence}"Data":"AA==","PartitionKey":"k"}]}`;
    expect(() => parseRecordsAnswer(Buffer.from(body), NOW)).toThrow('SequenceNumber');
  },
);
