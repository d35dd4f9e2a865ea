import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ServiceClock } from '../../../services/shared/service-clock.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');
const DAY = 86_400_000;
const header = (milliseconds: number) => new Date(milliseconds).toUTCString();

/** A machine whose wall clock is wrong by `errorMilliseconds`, and a service whose clock is right. */
function world(errorMilliseconds = 0) {
  let elapsed = 0;
  let error = errorMilliseconds;
  const clock = new ServiceClock({
    now: () => NOON + elapsed + error,
    monotonic: () => 5_000 + elapsed,
    sleep: () => Promise.reject(new Error('not used')),
  });
  return {
    clock,
    service: () => NOON + elapsed,
    pass: (milliseconds: number) => {
      elapsed += milliseconds;
    },
    jump: (milliseconds: number) => {
      error += milliseconds;
    },
    /** One call. The service answers after half of the time. */
    call: (milliseconds = 20, wrongBy = 0) => {
      const sentAt = clock.sending();
      elapsed += milliseconds / 2;
      const date = header(NOON + elapsed + wrongBy);
      elapsed += milliseconds / 2;
      clock.learn(date, sentAt);
    },
  };
}

describe('the clock of the service', () => {
  test('gives whole milliseconds, so that a checkpoint can hold its time', () => {
    const { clock, call, pass } = world();
    call();
    pass(0.25);
    expect(Number.isInteger(clock.now())).toBe(true);
  });

  test('is the clock of this machine before the first answer', () => {
    expect(world(DAY).clock.now()).toBe(NOON + DAY);
  });

  test('does not follow the clock of this machine, however wrong it is or becomes', () => {
    const { clock, service, call, jump } = world(-2 * DAY);
    call();
    expect(service() - clock.now()).toBeLessThan(1_100);
    jump(4 * DAY);
    expect(service() - clock.now()).toBeLessThan(1_100);
  });

  test('comes within the time of a call after some answers, and is never ahead', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 400 })), { minLength: 1, maxLength: 50 }),
        (calls) => {
          const { clock, service, call, pass } = world(DAY);
          for (const [pause, latency] of calls) {
            pass(pause);
            call(latency);
            expect(clock.now()).toBeLessThanOrEqual(service());
            expect(service() - clock.now()).toBeLessThanOrEqual(1_000 + 400);
          }
        },
      ),
    );
    const exact = world(DAY);
    for (let calls = 0; calls < 200; calls++) {
      exact.pass(37);
      exact.call(10);
    }
    expect(exact.service() - exact.clock.now()).toBeLessThan(50);
  });

  test.each([-20_000, 20_000, 2 * DAY])('a clock that is %d ms wrong is never believed', (error) => {
    const { clock, service, call, jump } = world(error);
    call();
    expect(service() - clock.now()).toBeGreaterThanOrEqual(0);
    expect(service() - clock.now()).toBeLessThan(1_100);
    jump(-error);
    expect(clock.now()).toBe(service());
  });

  test('is as exact as a right clock of this machine, although the header has whole seconds', () => {
    const { clock, service, call, pass } = world();
    pass(700);
    call();
    expect(clock.now()).toBe(service());
  });

  test('ignores an answer without a date, and one wrong date', () => {
    const { clock, service, call } = world();
    call();
    clock.learn(undefined, clock.sending());
    clock.learn('yesterday', clock.sending());
    call(20, 400 * DAY);
    call();
    expect(Math.abs(service() - clock.now())).toBeLessThan(1_100);
  });

  test('believes a second answer that agrees with a surprising first answer', () => {
    const { clock, service, call } = world();
    call();
    call(20, DAY);
    call(20, DAY);
    expect(Math.abs(service() + DAY - clock.now())).toBeLessThan(1_100);
  });
});
