import { expect, test } from '@jest/globals';
import { LeaseCache } from '../../../../services/stream/lease/lease-cache.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

function lease(version: string, shardId = 'shardId-0', epoch = 1): StoredLease {
  const unread = unreadLease({
    shardId,
    parents: [],
    hashRange: undefined,
    epoch,
    checkpoint: { kind: 'trim_horizon' },
  });
  return { ...unread, version, renewal: version };
}

function versions(cache: LeaseCache): string[] {
  return cache.leases().map(({ version }) => version);
}

test('a watch event counts only if it is not older than what is known', () => {
  const cache = new LeaseCache();
  cache.keep('shardId-0', lease('100'), cache.moment());
  expect(cache.keep('shardId-0', lease('99'))).toBe('none');
  expect(cache.drop('shardId-0', '99')).toBe(false);
  expect(versions(cache)).toEqual(['100']);
  cache.keep('shardId-0', lease('101'));
  expect(versions(cache)).toEqual(['101']);
  expect(cache.drop('shardId-0', '102')).toBe(true);
  expect(versions(cache)).toEqual([]);
});

test('an answer counts whatever its version, unless the lease changed after the question', () => {
  const cache = new LeaseCache();
  cache.keep('shardId-0', lease('100'), cache.moment());
  const askedAt = cache.moment();
  expect(cache.keep('shardId-0', lease('11'), askedAt)).not.toBe('none');
  expect(versions(cache)).toEqual(['11']);
  expect(cache.keep('shardId-0', lease('10'), askedAt)).toBe('none');
  expect(cache.keep('shardId-0', lease('12'), askedAt)).not.toBe('none');
  expect(versions(cache)).toEqual(['12']);
});

test('a list drops the leases that it lacks, but none that was made after the question', () => {
  const cache = new LeaseCache();
  cache.keep('shardId-0', lease('100', 'shardId-0'), cache.moment());
  cache.keep('shardId-1', lease('101', 'shardId-1'), cache.moment());
  const askedAt = cache.moment();
  cache.keep('shardId-2', lease('102', 'shardId-2'), cache.moment());
  expect(cache.retain(new Set(['shardId-0']), askedAt)).toBe(true);
  expect(versions(cache)).toEqual(['100', '102']);
  expect(cache.retain(new Set(['shardId-0']), askedAt)).toBe(false);
});

test('the highest epoch of a shard is known after its lease is gone or older', () => {
  const cache = new LeaseCache();
  cache.keep('shardId-0', lease('100', 'shardId-0', 7), cache.moment());
  cache.keep('shardId-0', lease('11', 'shardId-0', 3), cache.moment());
  cache.forget('shardId-0');
  expect(cache.epochOf('shardId-0')).toBe(7);
});

test('a lease that cannot be read is not among the leases, until it can be read', () => {
  const cache = new LeaseCache();
  cache.keep('shardId-0', lease('100'), cache.moment());
  const bad = {
    name: 'shardId-0',
    shardId: undefined,
    version: '101',
    problem: 'wrong',
    repair: 'correct it',
  };
  expect(cache.refuse({ ...bad, version: '99' })).toBe(false);
  expect(cache.refuse(bad)).toBe(true);
  expect(cache.refuse(bad)).toBe(false);
  expect(versions(cache)).toEqual([]);
  expect(cache.unreadable()).toEqual([{ ...bad, shardId: 'shardId-0' }]);
  expect(cache.keep('shardId-0', lease('100'))).toBe('none');
  expect(cache.keep('shardId-0', lease('102'))).toBe('news');
  expect(cache.unreadable()).toEqual([]);
  expect(versions(cache)).toEqual(['102']);
});

test('a new epoch is higher than every epoch before, also if the lease comes from a backup', () => {
  const cache = new LeaseCache();
  cache.keep('shardId-0', lease('100', 'shardId-0', 7), cache.moment());
  expect(cache.nextEpoch('shardId-0', lease('100', 'shardId-0', 8))).toBe(8);
  const restored = lease('11', 'shardId-0', 3);
  cache.keep('shardId-0', restored, cache.moment());
  expect(cache.nextEpoch('shardId-0', restored)).toBe(3);
  expect(cache.nextEpoch('shardId-0', { ...restored, epoch: 4 })).toBe(8);
});
