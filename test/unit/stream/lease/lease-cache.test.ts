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
  cache.keep(lease('100'), cache.moment());
  expect(cache.keep(lease('99'))).toBe('none');
  expect(cache.drop(lease('99'))).toBe(false);
  expect(versions(cache)).toEqual(['100']);
  cache.keep(lease('101'));
  expect(versions(cache)).toEqual(['101']);
  expect(cache.drop(lease('102'))).toBe(true);
  expect(versions(cache)).toEqual([]);
});

test('an answer counts whatever its version, unless the lease changed after the question', () => {
  const cache = new LeaseCache();
  cache.keep(lease('100'), cache.moment());
  const askedAt = cache.moment();
  expect(cache.keep(lease('11'), askedAt)).not.toBe('none');
  expect(versions(cache)).toEqual(['11']);
  expect(cache.keep(lease('10'), askedAt)).toBe('none');
  expect(cache.keep(lease('12'), askedAt)).not.toBe('none');
  expect(versions(cache)).toEqual(['12']);
});

test('a list drops the leases that it lacks, but none that was made after the question', () => {
  const cache = new LeaseCache();
  cache.keep(lease('100', 'shardId-0'), cache.moment());
  cache.keep(lease('101', 'shardId-1'), cache.moment());
  const askedAt = cache.moment();
  cache.keep(lease('102', 'shardId-2'), cache.moment());
  expect(cache.retain(new Set(['shardId-0']), askedAt)).toBe(true);
  expect(versions(cache)).toEqual(['100', '102']);
  expect(cache.retain(new Set(['shardId-0']), askedAt)).toBe(false);
});

test('the highest epoch of a shard is known after its lease is gone or older', () => {
  const cache = new LeaseCache();
  cache.keep(lease('100', 'shardId-0', 7), cache.moment());
  cache.keep(lease('11', 'shardId-0', 3), cache.moment());
  cache.forget('shardId-0');
  expect(cache.epochOf('shardId-0')).toBe(7);
});
