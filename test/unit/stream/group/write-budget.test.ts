import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withinBudget } from '../../../../services/stream/group/write-budget.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const items = (count: number) => Array.from({ length: count }, (_, index) => index);

async function settle(clock: ManualClock, work: Promise<void>): Promise<void> {
  let settled = false;
  const done = work.finally(() => {
    settled = true;
  });
  done.catch(() => {});
  for (;;) {
    await new Promise(setImmediate);
    if (settled) return done;
    clock.advance(clock.nextWakeMilliseconds ?? 0);
  }
}

describe('writes within a budget', () => {
  test('write each item once, in order, with no more in flight and no more in a second than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 200 }),
        async (count, inFlight, perSecond, latencies) => {
          const clock = new ManualClock(0);
          const begun: { item: number; at: number }[] = [];
          let flying = 0;
          const write = async (item: number) => {
            begun.push({ item, at: clock.monotonic() });
            expect(++flying).toBeLessThanOrEqual(inFlight);
            await clock.sleep(latencies[item] ?? 0);
            flying--;
          };
          const { signal } = new AbortController();
          await settle(clock, withinBudget(items(count), { inFlight, perSecond }, clock, signal, write));
          expect(begun.map(({ item }) => item)).toEqual(items(count));
          // Times are sums of fractions, so a write may begin a rounding error early.
          const inSecondFrom = (from: number) => begun.filter(({ at }) => at >= from && at < from + 999.999);
          for (const { at } of begun) expect(inSecondFrom(at).length).toBeLessThanOrEqual(perSecond);
        },
      ),
    );
  });

  test('all begin at once without a limit', async () => {
    const clock = new ManualClock();
    const budget = { inFlight: Number.POSITIVE_INFINITY, perSecond: Number.POSITIVE_INFINITY };
    let begun = 0;
    const gate = Promise.withResolvers<void>();
    const work = withinBudget(items(1_600), budget, clock, new AbortController().signal, () => {
      begun++;
      return gate.promise;
    });
    expect(begun).toBe(1_600);
    gate.resolve();
    await work;
    expect(clock.sleeping).toBe(0);
  });

  test('end with the first failure, once nothing is in flight any more', async () => {
    const clock = new ManualClock(0);
    const ended: number[] = [];
    const write = async (item: number) => {
      if (item === 2) throw new Error('no answer');
      await clock.sleep(5_000);
      ended.push(item);
    };
    const { signal } = new AbortController();
    const work = withinBudget(items(100), { inFlight: 4, perSecond: 10 }, clock, signal, write);
    await expect(settle(clock, work)).rejects.toThrow('no answer');
    expect(ended).toEqual([0, 1]);
  });

  test('end when the process stops', async () => {
    const clock = new ManualClock(0);
    const stopping = new AbortController();
    const written: number[] = [];
    const work = withinBudget(
      items(100),
      { inFlight: 4, perSecond: 10 },
      clock,
      stopping.signal,
      async (it) => {
        written.push(it);
      },
    );
    await new Promise(setImmediate);
    const reason = new Error('stop');
    stopping.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(written).toEqual([0]);
    expect(clock.sleeping).toBe(0);
  });
});
