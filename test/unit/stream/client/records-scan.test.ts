import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePlainRecordsAnswer } from '../../../../services/stream/client/plain-records-answer.ts';
import { parseRecordsAnswer } from '../../../../services/stream/client/records-answer.ts';
import { scanRecordsAnswer } from '../../../../services/stream/client/records-scan.ts';
import type { ReadResult } from '../../../../services/stream/client/stream-client.ts';
import { bufferBytes } from '../../../../services/stream/read/read-memory.ts';
import { propertyCases } from '../../../support/property-cases.ts';
import { answerBytes } from '../../../support/stream/generated-answers.ts';

const NOW = Date.UTC(2026, 0, 1);

type Parse = (body: Buffer, nowMilliseconds: number) => ReadResult | undefined;

/** The result without the classes of its buffers, or the error. */
function resultOf(parse: Parse, body: Buffer): object | undefined {
  try {
    const read = parse(body, NOW);
    return (
      read && { ...read, records: read.records.map((record) => ({ ...record, data: [...record.data] })) }
    );
  } catch (error) {
    return { error: String(error) };
  }
}

/** What JSON.parse and the scan make of an answer. Undefined if the scan leaves the answer to JSON.parse. */
function compared(body: Buffer): {
  readonly scanned: object | undefined;
  readonly plain: object | undefined;
} {
  return { scanned: resultOf(scanRecordsAnswer, body), plain: resultOf(parsePlainRecordsAnswer, body) };
}

test('the scan of an answer gives what JSON.parse gives, or leaves the answer to JSON.parse', () => {
  fc.assert(
    fc.property(answerBytes, (body) => {
      const { scanned, plain } = compared(body);
      if (scanned !== undefined && !isDeepStrictEqual(scanned, plain)) expect(scanned).toEqual(plain);
    }),
    { numRuns: propertyCases(5_000) },
  );
});

const RECORD =
  '{"SequenceNumber":"1","ApproximateArrivalTimestamp":1.700000000123E9,"Data":"AAECAw==","PartitionKey":"k"}';

function answerOf(record: string, others = ''): Buffer {
  return Buffer.from(`{"Records":[${record}],"NextShardIterator":"next","MillisBehindLatest":0${others}}`);
}

test.each([
  ['an answer of Kinesis', answerOf(RECORD)],
  ['no record', answerOf('')],
  ['white space', answerOf(JSON.stringify(JSON.parse(RECORD), undefined, '\t').replaceAll('\n', '\r\n'))],
  ['a stream that is encrypted', answerOf(RECORD.replace('{', '{"EncryptionType":"KMS",'))],
  [
    'the end of a shard without children',
    Buffer.from('{"Records":[],"NextShardIterator":null,"ChildShards":[]}'),
  ],
  ['no member but Records', Buffer.from('{"Records":[]}')],
  ['children that are null', answerOf(RECORD, ',"ChildShards":null')],
  ['a number of many digits', answerOf(RECORD.replace('1.700000000123E9', '0.3000000000000000444'))],
  ['a key beyond ASCII', answerOf(RECORD.replace('"k"', '"Zoë 😀"'))],
  [
    'a key with a broken character',
    Buffer.from(answerOf(RECORD.replace('"k"', '"kÿ"')).toString('latin1'), 'latin1'),
  ],
  ['an escape in a key', answerOf(RECORD.replace('"k"', '"a\\"b\\\\"'))],
  [
    'a broken character behind an escape',
    Buffer.from(answerOf(RECORD.replace('"k"', '"\\nÿ"')).toString('latin1'), 'latin1'),
  ],
  ['an escape in the iterator', Buffer.from('{"Records":[],"NextShardIterator":"\\/\\u006b"}')],
  ['a member of an answer that is not known', answerOf(RECORD, ',"Data":"AAAA"')],
  [
    'members of a record that are not known',
    answerOf(RECORD.replace('{', '{"Ne\\"w" : [{"Data":"]}\\""}] ,"":-1.5e3,')),
  ],
  ['child shards', answerOf('', ',"ChildShards":[{"ShardId":"shard-1"}]')],
  ['no time of arrival', answerOf(RECORD.replace('1.700000000123E9', 'null'))],
])('the scan takes %s', (_, body) => {
  const { scanned, plain } = compared(body);
  expect(scanned).toBeDefined();
  expect(scanned).toEqual(plain);
});

test.each([
  ['an escape in data', answerOf(RECORD.replace('Aw==', '\\u0041w=='))],
  ['data without padding', answerOf(RECORD.replace('Aw==', 'Aw'))],
  ['a member that is there twice', answerOf(RECORD.replace('{', '{"Data":"BBBB",'))],
  ['records that are there twice', answerOf(RECORD, ',"Records":[]')],
  ['a time as a text', answerOf(RECORD.replace('1.700000000123E9', '"1.700000000123E9"'))],
  ['a name with an escape that is there twice', answerOf(RECORD.replace('{', '{"Dat\\u0061":"BBBB",'))],
])('the scan leaves %s to JSON.parse', (_, body) => {
  const { scanned, plain } = compared(body);
  expect(scanned).toBeUndefined();
  expect(plain).not.toHaveProperty('error');
});

test.each([
  ['a byte order mark', Buffer.from(`\ufeff${answerOf(RECORD)}`)],
  ['bytes after the end', Buffer.from(`${answerOf(RECORD)}{}`)],
  ['NaN', answerOf(RECORD.replace('1.700000000123E9', 'NaN'))],
  ['a zero before a digit', answerOf(RECORD.replace('1.7', '01.7'))],
  ['a control character in data', answerOf(RECORD.replace('AAEC', 'AA\u0001C'))],
  ['an unknown escape in a key', answerOf(RECORD.replace('"k"', '"\\x"'))],
  ['a tab behind an escape', answerOf(RECORD.replace('"k"', '"\\n\t"'))],
  ['a name without a colon', answerOf(RECORD.replace('{', '{"Data" "New":1,'))],
  [
    'a name without a colon before another',
    answerOf('{"Data" "PartitionKey":"k","Data":"AAAA","SequenceNumber":"1"}'),
  ],
  ['an unknown member that is not JSON', answerOf(RECORD, ',"New":{"a":1]')],
  ['an unknown member without a value', answerOf(RECORD, ',"New":')],
  ['a tab in a key', answerOf(RECORD.replace('"k"', '"\t"'))],
  ['a name that is nearly right', answerOf(RECORD.replace('"Data"', '"Data '))],
  ['another name of the same length', answerOf(RECORD.replace('SequenceNumber', 'SequenceNumbex'))],
  ['a comma at the end', answerOf(`${RECORD},`)],
  ['a null record', answerOf('null')],
  ['an empty key', answerOf(RECORD.replace('"k"', '""'))],
  ['a record without data', answerOf(RECORD.replace('Data', 'data'))],
  ['a lag of more than a year', Buffer.from('{"Records":[],"MillisBehindLatest":34560000001}')],
])('an answer with %s is refused', (_, body) => {
  expect(() => parseRecordsAnswer(body, NOW)).toThrow();
  expect(resultOf(parseRecordsAnswer, body)).toEqual(resultOf(parsePlainRecordsAnswer, body));
});

test('the data of an answer shares one buffer of its own, whichever path reads the answer', () => {
  const sizes = fc.array(fc.nat(5_000), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.constantFrom('', ',"NextShardIterator":"twice"'), (given, others) => {
      const records = given.map((length) =>
        RECORD.replace('AAECAw==', Buffer.alloc(length).toString('base64')),
      );
      const read = parseRecordsAnswer(answerOf(records.join(), others), NOW);
      const bytes = given.reduce((sum, length) => sum + length, 0);
      expect([...new Set(read.records.map(({ data }) => data.buffer))].map((it) => it.byteLength)).toEqual([
        bytes,
      ]);
      expect(bufferBytes(read.records)).toBe(bytes);
    }),
    { numRuns: propertyCases(100) },
  );
});

test('an answer that ends too early is refused, whatever its last byte', () => {
  for (const text of [answerOf(`${RECORD},${RECORD}`), answerOf(RECORD.replaceAll(',', ' ,\n'), ' ')]) {
    for (let end = 0; end < text.length; end++) {
      expect(() => parseRecordsAnswer(text.subarray(0, end), NOW)).toThrow(SyntaxError);
    }
  }
});

test('data of any size keeps its bytes and its place', () => {
  const size = fc.oneof(fc.nat(50), fc.nat(5_000), fc.integer({ min: 12_200, max: 12_400 }));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 12 }), (sizes) => {
      const sent = sizes.map((length, index) => Buffer.alloc(length, `${index} of ${length}`));
      const records = sent.map((data) => RECORD.replace('AAECAw==', data.toString('base64')));
      const read = scanRecordsAnswer(answerOf(records.join()), NOW);
      expect(read?.records.map(({ data }) => Buffer.compare(data, sent.shift() as Buffer))).toEqual(
        sizes.map(() => 0),
      );
    }),
    { numRuns: propertyCases(100) },
  );
});
