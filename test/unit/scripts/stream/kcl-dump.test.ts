import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dynamoItems } from '../../../../scripts/stream/kcl/dynamo-items.ts';
import { type KclLease, kclLease } from '../../../../scripts/stream/kcl/kcl-lease.ts';
import { type KclItem, kclItem, scanOutput, typed } from '../../../support/stream/kcl-dump.ts';

function parse(text: string): KclLease[] {
  return dynamoItems(text).flatMap((item, index) => kclLease(item, index + 1) ?? []);
}

const SENTINELS = ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', 'SHARD_END'];
const sequenceNumber = fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String);
const items: fc.Arbitrary<KclItem> = fc.record(
  {
    leaseKey: fc
      .tuple(fc.constantFrom('', '123456789012:in:1700000000:'), fc.nat(9999))
      .map(([stream, index]) => `${stream}shardId-${String(index).padStart(12, '0')}`),
    checkpoint: fc.oneof(fc.constantFrom(...SENTINELS), sequenceNumber),
    checkpointSubSequenceNumber: fc.nat(1_000_000),
    leaseCounter: fc.nat(),
    leaseOwner: fc.string(),
    ownerSwitchesSinceCheckpoint: fc.nat(),
    parentShardId: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 2 }),
    pendingCheckpoint: sequenceNumber,
    startingHashKey: fc.constant('0'),
    endingHashKey: fc.constant('340282366920938463463374607431768211455'),
    throughputKBps: fc.double({ noNaN: true }),
    entityType: fc.constant('LEASE'),
  },
  { requiredKeys: ['leaseKey', 'checkpoint'] },
);

/** Every way in which the items of a table may be written down. */
const FORMS: Readonly<Record<string, (all: readonly KclItem[]) => string>> = {
  'aws dynamodb scan': scanOutput,
  'pages one after another': (all) => all.map((item) => scanOutput([item])).join('\n') || scanOutput([]),
  'pages in an array': (all) => JSON.stringify(all.map((item) => ({ Items: [typed(item)] }))),
  'a document client': (all) => JSON.stringify({ Items: all }),
  'items in an array': (all) => JSON.stringify(all),
  'an item a line': (all) => all.map((item) => JSON.stringify(item)).join('\n'),
  'an export to S3': (all) => all.map((item) => JSON.stringify({ Item: typed(item) })).join('\n'),
};

function meant({ leaseKey, checkpoint, checkpointSubSequenceNumber = 0, ...item }: KclItem) {
  const isMany = leaseKey.includes(':');
  return {
    shardId: leaseKey.split(':').at(-1),
    stream: isMany ? { account: '123456789012', name: 'in', createdSeconds: 1_700_000_000 } : undefined,
    checkpoint: SENTINELS.includes(checkpoint)
      ? { kind: checkpoint }
      : { kind: 'record', sequenceNumber: checkpoint, subSequenceNumber: checkpointSubSequenceNumber },
    hasPending: item.pendingCheckpoint !== undefined,
    hashRange:
      item.startingHashKey === undefined || item.endingHashKey === undefined
        ? undefined
        : { start: item.startingHashKey, end: item.endingHashKey },
  };
}

describe('a dump of a lease table', () => {
  test.each(Object.keys(FORMS))('as %s gives every lease, whatever its attributes', (form) => {
    fc.assert(
      fc.property(fc.array(items, { maxLength: 5 }), (all) => {
        expect(parse((FORMS[form] as (typeof FORMS)[string])(all))).toEqual(all.map(meant));
      }),
    );
  });

  test('with other entities of version 3 gives the leases alone', () => {
    const stream = { leaseKey: 'streams/in', entityType: 'STREAM' } as unknown as KclItem;
    expect(parse(scanOutput([stream, kclItem('shardId-0', '17')]))).toHaveLength(1);
  });

  test.each(['LastEvaluatedKey', 'NextToken'])('whose last page has %s is incomplete', (key) => {
    const page = (more: object) => JSON.stringify({ Items: [typed(kclItem('shardId-0', '17'))], ...more });
    const key_ = { [key]: { leaseKey: { S: 'shardId-0' } } };
    expect(() => parse(page(key_))).toThrow(`the dump is incomplete: its last page has ${key}`);
    expect(() => parse(page(key_) + page({}))).not.toThrow();
  });

  test.each([
    ['', []],
    ['[]', []],
  ])('that is %j has no lease', (text, leases) => {
    expect(parse(text)).toEqual(leases);
  });

  test.each([
    ['hello', 'the dump is not JSON: line 1 has "h" outside of a JSON object'],
    ['{"Items": [', 'the dump is not JSON: line 1 begins a JSON document that does not end'],
    ['{"Items": [}}', 'the dump is not JSON: the JSON document that begins at line 1'],
    ['{"Items": 5}', 'Items of document 1 of the dump is not a list'],
    ['{"Items": [5]}', 'item 1 of the dump is not an object of attributes'],
    ['[1]', 'document 1 of the dump is not an object'],
  ])('that is %j is refused', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test.each([
    [{ leaseKey: undefined }, /item 2 of the dump: leaseKey is missing, it must be the key of a KCL lease/],
    [{ leaseKey: { N: '5' } }, /item 2 of the dump: leaseKey is \{"N":"5"\}, it must be of type S/],
    [
      { leaseKey: 'a:b:c' },
      /item 2 of the dump \(leaseKey a:b:c\): leaseKey is "a:b:c", it must be <shard id> or/,
    ],
    [{ checkpoint: undefined }, /item 2 of the dump \(leaseKey shardId-1\): checkpoint is missing/],
    [
      { checkpoint: { S: 'soon' } },
      /checkpoint is \{"S":"soon"\}, it must be a sequence number, TRIM_HORIZON/,
    ],
    [{ checkpoint: '-5' }, /checkpoint is "-5"/],
    [
      { checkpointSubSequenceNumber: { N: '-1' } },
      /checkpointSubSequenceNumber is \{"N":"-1"\}, it must be a whole/,
    ],
    [{ checkpointSubSequenceNumber: 1.5 }, /checkpointSubSequenceNumber is 1.5/],
    [
      { checkpointSubSequenceNumber: { S: '1' } },
      /checkpointSubSequenceNumber is \{"S":"1"\}, it must be of type N/,
    ],
    [
      { startingHashKey: { S: 'x' } },
      /startingHashKey is \{"S":"x"\}, it must be a number of at most 39 digits/,
    ],
  ])('with a bad attribute %j names item and attribute', (change, message) => {
    const dump = [kclItem('shardId-0', '17'), { ...kclItem('shardId-1', '17'), ...change }];
    expect(() => parse(JSON.stringify({ Items: dump }))).toThrow(message);
  });

  test('that is any text is parsed or refused with a reason, and never in another way', () => {
    const text = fc.oneof(fc.string(), fc.json(), fc.array(items).map(scanOutput));
    const cut = fc.tuple(text, fc.nat(400)).map(([whole, at]) => whole.slice(0, at));
    fc.assert(
      fc.property(fc.oneof(text, cut), (dump) => {
        try {
          parse(dump);
        } catch (error) {
          expect((error as Error).name).toBe('Refusal');
          expect((error as Error).message).toMatch(/dump/);
        }
      }),
    );
  });
});
