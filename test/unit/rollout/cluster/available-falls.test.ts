import { beforeEach, expect, test } from '@jest/globals';
import { AvailableFalls } from '../../../../operators/rollout/cluster/available-falls.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const LOOK = {
  id: 'load 2',
  available: 4,
  wanted: 4,
  expected: 4,
  listed: false,
  replacing: false,
  recreates: false,
};

let clock: ManualClock;
let falls: AvailableFalls;
beforeEach(() => {
  clock = new ManualClock();
  falls = new AvailableFalls(clock);
});

function read(available: number, look: Partial<typeof LOOK> = {}) {
  return falls.read('loan', { ...LOOK, available, ...look });
}

test('counts the pods that become unavailable while the pods cannot be listed', () => {
  expect(read(4, { listed: true })).toBeUndefined();
  expect(read(3)?.falls).toBe(1);
  expect(read(4)?.falls).toBe(1);
  expect(read(2)?.falls).toBe(3);
});

test('counts no fall that was seen while the pods were listed', () => {
  read(4, { listed: true });
  read(2, { listed: true });
  expect(read(2)?.falls).toBe(0);
});

test('counts no pod that the Deployment gave up or replaces', () => {
  read(4);
  expect(read(1, { wanted: 1 })?.falls).toBe(0);
  read(4);
  expect(read(2, { replacing: true })?.falls).toBe(0);
});

test('counts the falls of ten minutes, and begins anew with another load', () => {
  read(4);
  read(3);
  clock.advance(600_000);
  expect(read(2)?.falls).toBe(1);
  expect(read(2, { id: 'load 3' })?.falls).toBe(0);
});

test('measures for how long half of the pods or fewer are available', () => {
  read(2);
  clock.advance(9_000);
  expect(read(1)?.lowSeconds).toBe(9);
  read(3);
  expect(read(2)?.lowSeconds).toBe(0);
});

test('measures no such time while a Deployment ends its pods before it starts others', () => {
  const recreated = { replacing: true, recreates: true };
  read(0, recreated);
  clock.advance(60_000);
  expect(read(0, recreated)?.lowSeconds).toBe(0);
});
