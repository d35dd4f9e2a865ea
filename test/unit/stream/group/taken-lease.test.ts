import { describe, expect, test } from '@jest/globals';
import { takenLease } from '../../../../services/stream/group/taken-lease.ts';
import { type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

const ATTEMPTS = 3;
const ME = { name: 'me', revision: 'r1', joinedMilliseconds: 0 };
const UNREAD = unreadLease({
  shardId: 'shard-0',
  parents: [],
  hashRange: undefined,
  epoch: 7,
  checkpoint: { kind: 'trim_horizon' },
});
const CRASHED: ShardLease = { ...UNREAD, owner: 'other', released: false };

function taken(lease: Partial<ShardLease>, attempts = ATTEMPTS): ShardLease {
  return takenLease({ ...CRASHED, ...lease }, ME, attempts);
}

describe('a lease that is taken', () => {
  test('has the new owner and a new epoch, and nobody is asked for it', () => {
    const lease = taken({ handOffTo: 'third' });
    expect(lease).toMatchObject({ owner: 'me', epoch: 8, released: false, handOffTo: undefined });
  });

  test.each([
    ['was never read', UNREAD],
    ['was given up', { ...UNREAD, uncleanEnds: 2 }],
    ['was handed over', { ...CRASHED, owner: 'me', released: true, uncleanEnds: 2 }],
    ['was handed over to a member that ended before it took the shard', { ...CRASHED, released: true }],
    ['lost its owner to a person', { ...CRASHED, owner: undefined, uncleanEnds: 2, trying: '41:0' }],
  ])('counts no unclean end if the shard %s', (_, lease) => {
    expect(taken(lease).uncleanEnds).toBe(lease.uncleanEnds);
  });

  test.each([
    ['the lease of another member expired', 'other'],
    ['a process of the same name owned it', 'me'],
  ])('counts an unclean end if %s', (_, owner) => {
    expect(taken({ owner }).uncleanEnds).toBe(1);
    expect(taken({ owner, uncleanEnds: 1 }).uncleanEnds).toBe(2);
  });

  test('counts no unclean end if the owner had to name what it had in hand, and named nothing', () => {
    expect(taken({ uncleanEnds: 2 }).uncleanEnds).toBe(2);
    expect(taken({ uncleanEnds: 2, trying: '41:0+499' }).uncleanEnds).toBe(3);
    expect(taken({ uncleanEnds: 3 }).uncleanEnds).toBe(3);
  });

  test('names the record that becomes a dead letter: it was alone in hand at the last of the ends', () => {
    expect(taken({ uncleanEnds: 3, trying: '41:2' }).trying).toBe('41:2');
    expect(taken({ uncleanEnds: 2, trying: '41:2' }).trying).toBe('41:2');
    expect(taken({ uncleanEnds: 3, trying: '41' }).trying).toBe('41');
    // The owner that was to make the dead letter gave the shard up before.
    expect(taken({ owner: undefined, released: true, uncleanEnds: 3, trying: '41:2' }).trying).toBe('41:2');
  });

  test.each([
    ['others were in hand', { uncleanEnds: 3, trying: '41:2+1' }],
    ['the shard has too few unclean ends', { uncleanEnds: 0, trying: '41:2' }],
    ['a person removed the owner', { owner: undefined, uncleanEnds: 3, trying: '41:2' }],
    ['a person wrote something else', { uncleanEnds: 3, trying: 'the third record' }],
  ])('names no record if %s', (_, lease) => {
    expect(taken(lease).trying).toBeUndefined();
  });

  test.each([0, -1])('with %d attempts no record ever becomes a dead letter', (attempts) => {
    expect(taken({ uncleanEnds: 9, trying: '41:2' }, attempts)).toMatchObject({
      uncleanEnds: 10,
      trying: undefined,
    });
  });
});
