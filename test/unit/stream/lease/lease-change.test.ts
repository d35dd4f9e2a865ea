import { describe, expect, test } from '@jest/globals';
import { leaseChange } from '../../../../services/stream/lease/lease-change.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

const shard = { shardId: 'shard-0', parents: [], hashRange: undefined, epoch: 3 };
const BEFORE: StoredLease = {
  ...unreadLease({ ...shard, checkpoint: { kind: 'record', sequenceNumber: '1' } }),
  owner: 'pod-a',
  released: false,
  version: '1',
  renewal: '1',
};
const RENEWED = { ...BEFORE, version: '2', renewal: '2' };

describe('a new state of a lease', () => {
  test('is nothing new if its version is known', () => {
    expect(leaseChange(BEFORE, { ...BEFORE })).toBe('none');
  });

  test.each([
    ['lives', {}],
    ['made progress', { checkpoint: { kind: 'record', sequenceNumber: '2' }, doneThroughMilliseconds: 9 }],
    ['tries a record', { trying: '2:0', uncleanEnds: 1 }],
    ['measured its load', { bytesPerSecond: 7 }],
  ] as const)('is a renewal if the owner %s', (_, change) => {
    expect(leaseChange(BEFORE, { ...RENEWED, ...change })).toBe('renewal');
  });

  test.each([
    ['is taken', { owner: 'pod-b', epoch: 4 }],
    ['is taken again under the same name', { epoch: 4 }],
    ['is given up', { owner: undefined, released: true }],
    ['is asked for', { handOffTo: 'pod-b' }],
    ['is read to its end', { checkpoint: { kind: 'shard_end' } }],
    ['was moved by a tool', { createdMilliseconds: 9 }],
  ] as const)('is news if the shard %s', (_, change) => {
    expect(leaseChange(BEFORE, { ...RENEWED, ...change })).toBe('news');
  });

  test('is news if a person changed the checkpoint, because the owner then did not renew', () => {
    const moved = { ...BEFORE, version: '2', checkpoint: { kind: 'trim_horizon' } } as const;
    expect(leaseChange(BEFORE, moved)).toBe('news');
  });

  test('is news if the lease is new', () => {
    expect(leaseChange(undefined, BEFORE)).toBe('news');
  });
});
