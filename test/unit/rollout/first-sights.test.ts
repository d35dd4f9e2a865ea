import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FirstSights } from '../../../operators/rollout/first-sights.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

function clockWithError() {
  const manual = new ManualClock(START);
  const clock = {
    errorMilliseconds: 0,
    now: () => manual.now() + clock.errorMilliseconds,
    monotonic: () => manual.monotonic(),
    sleep: () => Promise.resolve(),
  };
  return { manual, clock, sights: new FirstSights(clock) };
}

function earlierBy(milliseconds: number): string {
  return new Date(START - milliseconds).toISOString();
}

describe('the age of a stored time', () => {
  test('is read once, and then counted in monotonic time', () => {
    const { manual, clock, sights } = clockWithError();
    const time = earlierBy(5_000);
    expect(sights.elapsedSeconds('loan', time)).toBe(5);
    manual.advance(2_000);
    for (const errorMilliseconds of [HOUR, -HOUR, 0]) {
      clock.errorMilliseconds = errorMilliseconds;
      expect(sights.elapsedSeconds('loan', time)).toBe(7);
    }
  });

  test('is 0 if the time is in the future, and grows from then on', () => {
    const { manual, sights } = clockWithError();
    const time = earlierBy(-HOUR);
    expect(sights.elapsedSeconds('loan', time)).toBe(0);
    manual.advance(60_000);
    expect(sights.elapsedSeconds('loan', time)).toBe(60);
  });

  test('is kept for each object by itself, until the object is forgotten', () => {
    const { manual, clock, sights } = clockWithError();
    sights.elapsedSeconds('loan', earlierBy(0));
    manual.advance(10_000);
    clock.errorMilliseconds = HOUR;
    expect(sights.elapsedSeconds('loan', earlierBy(0))).toBe(10);
    expect(sights.elapsedSeconds('other', earlierBy(0))).toBe(HOUR / 1000 + 10);
    sights.forget('loan');
    expect(sights.elapsedSeconds('loan', earlierBy(0))).toBe(HOUR / 1000 + 10);
  });

  test('that is asked for stays known, however many other times are seen', () => {
    const { manual, clock, sights } = clockWithError();
    sights.elapsedSeconds('loan', earlierBy(0));
    clock.errorMilliseconds = HOUR;
    for (let other = 1; other <= 1000; other++) {
      manual.advance(1_000);
      sights.elapsedSeconds('loan', earlierBy(other));
      expect(sights.elapsedSeconds('loan', earlierBy(0))).toBe(other);
    }
  });

  test('never grows by more or less than the time that passed', () => {
    const moves = fc.array(
      fc.record({
        passed: fc.nat({ max: 10_000 }),
        errorMilliseconds: fc.integer({ min: -HOUR, max: HOUR }),
      }),
    );
    fc.assert(
      fc.property(moves, (jumps) => {
        const { manual, clock, sights } = clockWithError();
        const first = sights.elapsedSeconds('loan', earlierBy(0));
        let passed = 0;
        for (const jump of jumps) {
          manual.advance(jump.passed);
          passed += jump.passed;
          clock.errorMilliseconds = jump.errorMilliseconds;
          expect(sights.elapsedSeconds('loan', earlierBy(0))).toBeCloseTo(first + passed / 1000);
        }
      }),
    );
  });
});
