import { describe, expect, test } from '@jest/globals';
import type { Checkpoint } from '../../../../services/stream/checkpoint.ts';
import {
  ancestorsOf,
  leasesToStop,
  readableLeases,
} from '../../../../services/stream/group/reading-order.ts';
import { type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

function lease(
  shardId: string,
  kind: 'shard_end' | 'trim_horizon',
  parents: readonly string[] = [],
): ShardLease {
  const checkpoint: Checkpoint = { kind };
  return unreadLease({ shardId, parents, hashRange: undefined, epoch: 0, checkpoint });
}

const idsOf = (leases: readonly ShardLease[]) => leases.map(({ shardId }) => shardId);

function readable(leases: readonly ShardLease[], awaited: readonly string[] = []): string[] {
  return idsOf(readableLeases(leases, (shardId) => awaited.includes(shardId)));
}

describe('readableLeases', () => {
  test('a child waits for every parent', () => {
    const child = lease('child', 'trim_horizon', ['left', 'right']);
    const left = lease('left', 'shard_end');
    expect(readable([left, lease('right', 'trim_horizon'), child])).toEqual(['right']);
    expect(readable([left, lease('right', 'shard_end'), child])).toEqual(['child']);
    expect(readable([child])).toEqual(['child']);
    expect(readable([left, child], ['right'])).toEqual([]);
  });

  test('a grandchild waits for a shard that is read again, although the shard between them is done', () => {
    const [middle, youngest] = [
      lease('middle', 'shard_end', ['oldest']),
      lease('youngest', 'trim_horizon', ['middle']),
    ];
    expect(readable([lease('oldest', 'trim_horizon'), middle, youngest])).toEqual(['oldest']);
    expect(readable([middle, youngest], ['oldest'])).toEqual([]);
    expect(readable([middle, youngest])).toEqual(['youngest']);
  });
});

test('parents that a person edited into a circle end in an answer', () => {
  const circle = [lease('a', 'shard_end', ['b']), lease('b', 'shard_end', ['a'])];
  const child = lease('child', 'trim_horizon', ['a']);
  expect(readable([...circle, child])).toEqual(['child']);
  expect(leasesToStop([...circle, child])).toEqual([]);
});

describe('leasesToStop', () => {
  const child = lease('child', 'trim_horizon', ['parent']);
  const grandchild = lease('grandchild', 'trim_horizon', ['child']);

  test('a shard stops if an ancestor is to be read again', () => {
    expect(idsOf(leasesToStop([lease('parent', 'trim_horizon'), child]))).toEqual(['child']);
    const done = lease('child', 'shard_end', ['parent']);
    expect(idsOf(leasesToStop([lease('parent', 'trim_horizon'), done, grandchild]))).toEqual(['grandchild']);
  });

  test('a shard goes on if its ancestors are done, or if their leases are missing', () => {
    expect(leasesToStop([lease('parent', 'shard_end'), child])).toEqual([]);
    expect(leasesToStop([child])).toEqual([]);
    expect(leasesToStop([lease('child', 'shard_end', ['parent']), grandchild])).toEqual([]);
  });

  test('a shard that is done has nothing to stop', () => {
    expect(leasesToStop([lease('parent', 'trim_horizon'), lease('child', 'shard_end', ['parent'])])).toEqual(
      [],
    );
  });
});

test('ancestors are all shards from which keys came, also if one of them has no lease', () => {
  const merged = lease('merged', 'trim_horizon', ['left', 'right']);
  const leases = [lease('left', 'shard_end', ['root']), lease('right', 'shard_end', ['root']), merged];
  expect([...ancestorsOf([merged], leases)].sort()).toEqual(['left', 'right', 'root']);
  expect(ancestorsOf([], leases).size).toBe(0);
});
