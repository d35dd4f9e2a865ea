import { describe, expect, test } from '@jest/globals';
import { ShardLoad } from '../../../../services/stream/group/shard-load.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** Reads once a second. */
function read(load: ShardLoad, clock: ManualClock, seconds: number, bytes: (second: number) => number) {
  const told = new Set<number>();
  for (let second = 0; second < seconds; second++) {
    clock.advance(1_000);
    load.add(bytes(second));
    told.add(load.bytesPerSecond);
  }
  return [...told];
}

describe('the load of a shard', () => {
  test('is unknown for the first 30 s, and then near to what is read', () => {
    const clock = new ManualClock();
    const load = new ShardLoad(clock, 0);
    expect(read(load, clock, 29, () => 100_000)).toEqual([0]);
    read(load, clock, 2, () => 100_000);
    expect(load.bytesPerSecond).toBeGreaterThan(80_000);
    expect(load.bytesPerSecond).toBeLessThan(125_000);
  });

  test('is 1 byte per second if the shard has no records, because 0 is unknown', () => {
    const clock = new ManualClock();
    const load = new ShardLoad(clock, 0);
    clock.advance(40_000);
    expect(load.bytesPerSecond).toBe(1);
  });

  test('begins with what the last owner measured', () => {
    const clock = new ManualClock();
    const load = new ShardLoad(clock, 65_536);
    expect(read(load, clock, 120, () => 65_536)).toEqual([65_536]);
  });

  test('stays the same while the rate changes by a fifth', () => {
    const clock = new ManualClock();
    const load = new ShardLoad(clock, 65_536);
    const told = read(load, clock, 600, (second) => 65_536 * (Math.floor(second / 60) % 2 ? 0.8 : 1.2));
    expect(told).toEqual([65_536]);
  });

  test('follows a rate that doubles within two minutes, in one or two steps', () => {
    const clock = new ManualClock();
    const load = new ShardLoad(clock, 65_536);
    const told = read(load, clock, 120, () => 131_072);
    expect(told.length).toBeLessThanOrEqual(3);
    expect(load.bytesPerSecond).toBeGreaterThan(90_000);
  });

  test('falls to idle once records stop', () => {
    const clock = new ManualClock();
    const load = new ShardLoad(clock, 65_536);
    clock.advance(20 * 60_000);
    expect(load.bytesPerSecond).toBe(1);
  });
});
