import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Shard } from '../../../../services/stream/client/stream-client.ts';
import { inOrderOfUse } from '../../../../services/stream/group/lease-order.ts';
import { type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

const hashRange = { start: '0', end: '1' };

function shard(shardId: string, parents: readonly string[] = [], closed = false): Shard {
  return { shardId, parents, hashRange, closed };
}

function leasesOf(shards: readonly Shard[]): ShardLease[] {
  return shards.map((it) => unreadLease({ ...it, epoch: 1, checkpoint: { kind: 'trim_horizon' } }));
}

describe('new leases', () => {
  test('are made for open shards first, then for closed shards, then for their children', () => {
    const shards = [
      shard('1', [], true),
      shard('2'),
      shard('3', ['1']),
      shard('4', ['gone']),
      shard('5', [], true),
      shard('6', ['5', '1'], true),
    ];
    const order = inOrderOfUse(leasesOf(shards), shards, () => 0).map(({ shardId }) => shardId);
    expect(order).toEqual(['2', '4', '1', '5', '3', '6']);
  });

  test('are all made, each after its parents, whatever the stream lists and whatever the random order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ parents: fc.array(fc.nat(), { maxLength: 2 }), closed: fc.boolean() }), {
          maxLength: 60,
        }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (drawn, random) => {
          // A parent has a lower number than its child.
          const shards = drawn.map(({ parents, closed }, index) =>
            shard(`shard-${index}`, index === 0 ? [] : parents.map((it) => `shard-${it % index}`), closed),
          );
          const order = inOrderOfUse(leasesOf(shards), shards, () => random.next().value as number);
          expect(order.map(({ shardId }) => shardId).sort()).toEqual(
            shards.map(({ shardId }) => shardId).sort(),
          );
          const place = new Map(order.map(({ shardId }, index) => [shardId, index]));
          for (const { shardId, parents } of shards)
            for (const parent of parents)
              expect(place.get(parent) as number).toBeLessThan(place.get(shardId) as number);
        },
      ),
    );
  });

  test('come to an end even if a list names a shard as its own ancestor', () => {
    const shards = [shard('1', ['2']), shard('2', ['1'])];
    expect(inOrderOfUse(leasesOf(shards), shards)).toHaveLength(2);
  });
});
