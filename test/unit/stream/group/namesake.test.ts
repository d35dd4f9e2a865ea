import { describe, expect, test } from '@jest/globals';
import { Namesake } from '../../../../services/stream/group/namesake.ts';
import type { Member } from '../../../../services/stream/lease/shard-lease.ts';

const LEASE_MILLISECONDS = 10_000;

function stored(joinedMilliseconds: number, version: string): Member {
  return { name: 'me', revision: 'r1', joinedMilliseconds, version };
}

function namesake(): Namesake {
  const member = { name: 'me', revision: 'r1', joinedMilliseconds: 100 };
  return new Namesake({ member, leaseMilliseconds: LEASE_MILLISECONDS });
}

describe('a namesake', () => {
  test('is found if it joined later', () => {
    const it = namesake();
    it.announcing(undefined);
    it.observe(stored(100, '1'), 0);
    expect(it.isFound).toBe(false);
    it.observe(stored(101, '2'), 0);
    expect([it.isFound, it.isLive(LEASE_MILLISECONDS)]).toEqual([true, true]);
  });

  test('is no reason to stand back if it joined earlier: this process replaces it', () => {
    const it = namesake();
    it.announcing(undefined);
    it.observe(stored(99, '2'), 0);
    expect(it.isFound).toBe(false);
  });

  test('that died before this process announced itself is not found, even if its clock was ahead', () => {
    const it = namesake();
    it.observe(stored(101, '1'), 0);
    it.announcing(stored(101, '1'));
    it.observe(stored(101, '1'), 0);
    expect(it.isFound).toBe(false);
    it.observe(stored(101, '3'), 0);
    expect(it.isFound).toBe(true);
  });

  test('is gone a lease after its last sign of life, and at once if it leaves', () => {
    const it = namesake();
    it.announcing(undefined);
    it.observe(stored(101, '2'), 0);
    it.observe(stored(101, '2'), 5_000);
    expect(it.isLive(LEASE_MILLISECONDS + 1)).toBe(false);
    it.observe(stored(101, '3'), 20_000);
    expect(it.isLive(20_000)).toBe(true);
    it.observe(undefined, 20_000);
    expect([it.isLive(20_000), it.isFound]).toEqual([false, true]);
    it.announcing(undefined);
    expect(it.isFound).toBe(false);
  });

  test('stays found while an announcement of this process that was late hides it', () => {
    const it = namesake();
    it.announcing(undefined);
    it.observe(stored(101, '2'), 0);
    it.observe(stored(100, '3'), 1_000);
    expect([it.isFound, it.isLive(1_000)]).toEqual([true, true]);
  });
});
