import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StreamRecord } from '../../../../services/stream/record.ts';
import { Lane } from '../../../../services/stream/shard/lane.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { propertyCases } from '../../../support/property-cases.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

interface Handled {
  readonly records: readonly StreamRecord[];
  readonly indices: readonly number[];
}

function laneOf(batchSize: number, { windowMilliseconds = 0, onHandle = async () => {} } = {}) {
  const clock = new ManualClock();
  const handled: Handled[] = [];
  const lane = new Lane({
    batchSize,
    windowMilliseconds,
    clock,
    handle: async (records, indices) => {
      handled.push({ records, indices });
      await onHandle();
    },
  });
  return { lane, clock, handled };
}

/** Lets all promises go on that are settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a lane', () => {
  test('hands every record on once and in order, in batches that are as large as the queue allows', async () => {
    const reads = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(reads, fc.integer({ min: 1, max: 16 }), async (sizes, batchSize) => {
        const { lane, handled } = laneOf(batchSize);
        const run = lane.run(new AbortController().signal);
        let next = 0;
        for (const size of sizes) {
          const before = handled.length;
          for (const end = next + size; next < end; next++) lane.push(recordAt(next), next);
          lane.wake();
          await settled();
          expect(lane.queued).toBe(0);
          expect(handled.slice(before).map(({ indices }) => indices.length)).toEqual(
            batchSizes(size, batchSize),
          );
        }
        lane.finish();
        await run;
        const all = Array.from({ length: next }, (_, index) => index);
        expect(handled.flatMap(({ indices }) => indices)).toEqual(all);
        expect(handled.flatMap(({ records }) => records)).toEqual(all.map((index) => recordAt(index)));
      }),
      { numRuns: propertyCases(50) },
    );
  });

  test('handles one batch at a time; what comes meanwhile is in the next batch', async () => {
    let release = () => {};
    const onHandle = () => new Promise<void>((resolve) => (release = resolve));
    const { lane, handled } = laneOf(10, { onHandle });
    const run = lane.run(new AbortController().signal);
    for (const index of [0, 1, 2]) {
      lane.push(recordAt(index), index);
      lane.wake();
      await settled();
    }
    release();
    await settled();
    expect(handled.map(({ indices }) => indices)).toEqual([[0], [1, 2]]);
    lane.finish();
    release();
    await run;
  });

  test('waits for more records until its window ends or the batch is full', async () => {
    const { lane, clock, handled } = laneOf(3, { windowMilliseconds: 100 });
    const run = lane.run(new AbortController().signal);
    const push = async (index: number) => {
      lane.push(recordAt(index), index);
      lane.wake();
      await settled();
    };
    await push(0);
    clock.advance(60);
    await push(1);
    expect(handled).toEqual([]);
    clock.advance(40);
    await settled();
    expect(handled.map(({ indices }) => indices)).toEqual([[0, 1]]);
    for (const index of [2, 3, 4]) await push(index);
    expect(handled.map(({ indices }) => indices)).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
    expect(clock.sleeping).toBe(0);
    lane.finish();
    await run;
  });

  test('that is dropped ends after the batch in flight, and leaves the others to the next owner', async () => {
    const { lane, handled } = laneOf(1);
    lane.push(recordAt(0), 0);
    lane.push(recordAt(1), 1);
    const run = lane.run(new AbortController().signal);
    await Promise.resolve();
    lane.drop();
    await run;
    expect(handled.length).toBeLessThan(2);
    expect(lane.queued).toBe(0);
  });

  test('rejects with the reason of its signal while it waits', async () => {
    const reason = new Error('the lease is lost');
    const controller = new AbortController();
    const { lane } = laneOf(1);
    const run = lane.run(controller.signal);
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
  });
});

function batchSizes(records: number, batchSize: number): number[] {
  const whole = Array<number>(Math.floor(records / batchSize)).fill(batchSize);
  return records % batchSize === 0 ? whole : [...whole, records % batchSize];
}
