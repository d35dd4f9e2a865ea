import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PollPace } from '../../../../services/stream/read/poll-pace.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const { signal } = new AbortController();

function world(options: { interval?: number; maximum?: number; random?: () => number } = {}) {
  const clock = new ManualClock(0);
  const pace = new PollPace({
    intervalMilliseconds: options.interval ?? 250,
    maximumMilliseconds: options.maximum ?? 1_000,
    clock,
    random: options.random ?? (() => 0),
  });
  /** When a shard is read again that is read now. */
  const nextAt = async (emptyReads: number) => {
    let at: number | undefined;
    const readAt = clock.monotonic();
    void pace.next(readAt, emptyReads, signal).then(() => {
      at = clock.monotonic();
    });
    for (;;) {
      await new Promise(setImmediate);
      if (at !== undefined) return at;
      clock.advance(clock.nextWakeMilliseconds ?? 0);
    }
  };
  return { clock, pace, nextAt };
}

describe('the pace of reading', () => {
  test('puts the shards of a process on one grid, and wakes them with one timer', async () => {
    const { clock, pace } = world();
    const woken: number[] = [];
    for (const readAt of [5, 12, 60, 110]) {
      clock.advance(readAt - clock.monotonic());
      void pace.next(readAt, 0, signal).then(() => woken.push(clock.monotonic()));
    }
    expect(clock.sleeping).toBe(1);
    clock.advance(140);
    await new Promise(setImmediate);
    expect(woken).toEqual([250, 250, 250, 250]);
  });

  test('is the interval until some reads in a row were empty, then doubles up to the maximum', async () => {
    const { clock, nextAt } = world();
    const waits: number[] = [];
    for (let emptyReads = 0; emptyReads <= 8; emptyReads++) {
      const readAt = clock.monotonic();
      waits.push((await nextAt(emptyReads)) - readAt);
    }
    expect(waits).toEqual([250, 250, 250, 250, 500, 1_000, 1_000, 1_000, 1_000]);
  });

  test('is the interval again at once after a record', async () => {
    const { clock, nextAt } = world();
    await nextAt(100);
    const readAt = clock.monotonic();
    expect((await nextAt(0)) - readAt).toBe(250);
  });

  test.each([0, 100, 250, 499])('stays at the interval with a maximum of %d ms', async (maximum) => {
    const { nextAt } = world({ maximum });
    expect(await nextAt(100)).toBe(250);
  });

  test('does not wait with an interval of 0', async () => {
    const { clock, pace } = world({ interval: 0 });
    await pace.next(clock.monotonic(), 100, signal);
    expect(clock.monotonic()).toBe(0);
  });

  test('does not make a late read wait for the grid', async () => {
    const { clock, pace } = world();
    clock.advance(1_010);
    await pace.next(760, 0, signal);
    expect(clock.sleeping).toBe(0);
  });

  test('waits for the rest of the pause if the read of an idle shard was slow', async () => {
    const { clock, pace } = world();
    clock.advance(400);
    let isOver = false;
    void pace.next(0, 100, signal).then(() => {
      isOver = true;
    });
    clock.advance(599);
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    clock.advance(1);
    await new Promise(setImmediate);
    expect(isOver).toBe(true);
  });

  test('whatever the jitter, an idle shard is read at a point of the grid, at half the maximum at the earliest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (interval, maximum, start, random) => {
          const { clock, nextAt } = world({ interval, maximum, random: () => random });
          clock.advance(start * interval);
          const wait = (await nextAt(100)) - start * interval;
          expect(wait % interval).toBe(0);
          expect(wait).toBeLessThanOrEqual(Math.max(interval, maximum));
          expect(wait).toBeGreaterThanOrEqual(Math.max(interval, maximum / 2 - interval));
        },
      ),
    );
  });

  test('jitter spreads idle shards over the points of the grid', async () => {
    const { clock, nextAt } = world({ random: Math.random });
    const waits = new Set<number>();
    while (waits.size < 2) {
      const readAt = clock.monotonic();
      waits.add((await nextAt(100)) - readAt);
    }
    expect([...waits].sort()).toEqual([1_000, 750]);
  });

  test('leaves no timer behind once every waiting shard was stopped', async () => {
    const { clock, pace } = world();
    const stopping = new AbortController();
    const waits = [pace.next(0, 0, stopping.signal), pace.next(0, 0, stopping.signal)];
    const reason = new Error('stop');
    stopping.abort(reason);
    await expect(waits[0]).rejects.toBe(reason);
    await expect(waits[1]).rejects.toBe(reason);
    expect(clock.sleeping).toBe(0);
    await expect(pace.next(0, 0, stopping.signal)).rejects.toBe(reason);
  });
});
