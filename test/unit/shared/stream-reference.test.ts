import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseStream } from '../../../services/shared/stream-reference.ts';

const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/);
const home = fc.record({
  partition: fc.constantFrom('aws', 'aws-cn', 'aws-us-gov', 'aws-eusc', 'aws-iso', 'aws-iso-b', 'aws-iso-f'),
  region: fc.constantFrom('us-east-1', 'eu-central-2', 'cn-north-1', 'us-gov-west-1', 'us-isob-east-1'),
  account: fc.stringMatching(/^[0-9]{12}$/),
});

test('any name is a stream of no known account', () => {
  fc.assert(fc.property(name, (text) => expect(parseStream(text)).toEqual({ name: text })));
});

test('any ARN says partition, region, account and name', () => {
  fc.assert(
    fc.property(home, name, (home, name) => {
      const { partition, region, account } = home;
      const text = `arn:${partition}:kinesis:${region}:${account}:stream/${name}`;
      expect(parseStream(text)).toEqual({ name, home });
    }),
  );
});

test('an ARN with one part missing, doubled or emptied is no stream', () => {
  const parts = ['arn', 'aws', 'kinesis', 'us-east-1', '123456789012', 'stream/in'];
  for (const index of parts.keys()) {
    const with_ = (...replacement: string[]) => parts.toSpliced(index, 1, ...replacement).join(':');
    const part = parts[index] as string;
    for (const text of [with_(), with_(part, part), with_('')]) expect(parseStream(text)).toBeUndefined();
  }
});

describe('no stream', () => {
  test.each([
    [''],
    ['a name with spaces'],
    ['in\n'],
    ['n'.repeat(129)],
    ['arn:aws:kinesis:us-east-1:123456789012:stream/'],
    [`arn:aws:kinesis:us-east-1:123456789012:stream/${'n'.repeat(129)}`],
    ['arn:aws:kinesis:us-east-1:123456789012:stream/in/consumer/group:1'],
    ['arn:aws:kinesis:us-east-1:123456789012:in'],
    ['arn:aws:kinesis:us-east-1:12345678901:stream/in'],
    ['arn:aws:kinesis:us-east-1:١٢٣٤٥٦٧٨٩٠١٢:stream/in'],
    ['arn:aws:firehose:us-east-1:123456789012:stream/in'],
    ['arn:azure:kinesis:us-east-1:123456789012:stream/in'],
    ['ARN:aws:kinesis:us-east-1:123456789012:stream/in'],
    [' arn:aws:kinesis:us-east-1:123456789012:stream/in'],
  ])('%j', (text) => {
    expect(parseStream(text)).toBeUndefined();
  });
});

test('a text longer than any ARN is refused by its length, whatever it holds', () => {
  const piece = fc.constantFrom('arn:', 'aws', ':kinesis:', '1', 'a', ':', 'stream/', '-', '\u0000');
  const long = fc.array(piece, { minLength: 257, maxLength: 2_000 }).map((pieces) => pieces.join(''));
  fc.assert(fc.property(long, (text) => expect(parseStream(text)).toBeUndefined()));
});
