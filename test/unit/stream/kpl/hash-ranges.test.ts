import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HashRanges } from '../../../../services/stream/kpl/hash-ranges.ts';
import type { FakeShard } from '../../../support/kinesis-fake/fake-shard.ts';
import { FakeStream } from '../../../support/kinesis-fake/fake-stream.ts';
import { shardsOf } from '../../../support/stream/fake-output.ts';

describe('hash ranges', () => {
  test('finds the shard that Kinesis chooses for a key, after any resharding', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.string(),
        (shards, splits, key) => {
          const stream = new FakeStream('out', shards, () => 0);
          for (const split of splits) {
            const open = stream.openShards;
            const { shardId, startHash, endHash } = (open[split % open.length] as FakeShard).span;
            stream.split(shardId, (startHash + endHash) / 2n);
          }
          const ranges = new HashRanges(shardsOf(stream));
          const { shardId } = stream.shardFor(key).span;
          expect(ranges.shardOf(key)).toBe(shardId);
          expect(ranges.holds(shardId, key)).toBe(true);
        },
      ),
    );
  });

  test('knows the keys of a shard that is closed', () => {
    const stream = new FakeStream('out', 1, () => 0);
    stream.split('shardId-000000000000', 2n ** 127n);
    const ranges = new HashRanges(shardsOf(stream));
    expect(ranges.holds('shardId-000000000000', 'a')).toBe(true);
    const [low, high] = ['shardId-000000000001', 'shardId-000000000002'];
    const isLow = hash('md5', 'a') < '8';
    expect([low, high].map((shardId) => ranges.holds(shardId, 'a'))).toEqual([isLow, !isLow]);
  });

  test('has no shard for a key whose parent is closed and whose child is not listed yet', () => {
    const stream = new FakeStream('out', 1, () => 0);
    stream.split('shardId-000000000000', 2n ** 127n);
    const [parent] = shardsOf(stream);
    const ranges = new HashRanges(parent ? [parent] : []);
    expect(ranges.shardOf('a')).toBeUndefined();
    expect(ranges.holds('shardId-000000000007', 'a')).toBe(false);
  });
});
