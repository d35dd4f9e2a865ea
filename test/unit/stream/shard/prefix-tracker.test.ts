import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bufferBytes, RECORD_OVERHEAD_BYTES } from '../../../../services/stream/read/read-memory.ts';
import type { StreamRecord } from '../../../../services/stream/record.ts';
import { PrefixTracker } from '../../../../services/stream/shard/prefix-tracker.ts';
import { propertyCases } from '../../../support/property-cases.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const MEBIBYTE = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** One read, whose records are delivered together. */
function deliver(tracker: PrefixTracker, records: readonly StreamRecord[], now = 0): number {
  tracker.begin(bufferBytes(records), now);
  const first = tracker.add(records);
  tracker.seal();
  return first;
}

/** A read of 1 MiB, whose records share one buffer. */
function largeRead(from: number, count = 64): StreamRecord[] {
  const buffer = new Uint8Array(MEBIBYTE);
  const bytes = Math.floor(MEBIBYTE / count);
  return Array.from({ length: count }, (_, at) => {
    const data = buffer.subarray(at * bytes, (at + 1) * bytes);
    return recordAt(from + at, { data: data.fill(from + at) });
  });
}

/**
 * A tracker whose only read came in these portions, is done but for a few records, and is compacted.
 * @param left choices of records that are not done
 * @returns undefined if too much of the read is left to be moved
 */
function compactedRead(portions: readonly number[], left: readonly number[]) {
  const count = portions.reduce((sum, size) => sum + size, 0);
  const but = new Set(left.map((choice) => choice % count));
  if (but.size * 4 > count) return undefined;
  const tracker = new PrefixTracker({ kind: 'trim_horizon' });
  const records = largeRead(0, count);
  const buffer = new WeakRef(records[0]?.data.buffer as ArrayBufferLike);
  tracker.begin(MEBIBYTE, 0);
  for (const size of portions) tracker.add(records.splice(0, size));
  tracker.seal();
  tracker.complete(indices(0, count, ...but));
  tracker.compact(0);
  const bytes = but.size * Math.floor(MEBIBYTE / count) + count * RECORD_OVERHEAD_BYTES;
  return { tracker, buffer, bytes };
}

/** Index of each record but those in `but`, from `first`. */
function indices(first: number, count: number, ...but: number[]): number[] {
  return Array.from({ length: count }, (_, at) => first + at).filter((index) => !but.includes(index));
}

describe('the memory of a prefix tracker', () => {
  test('is that of the buffers until the last record of the read is done, and nothing after', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    deliver(tracker, largeRead(0));
    tracker.complete(indices(0, 63));
    expect(tracker.memoryBytes).toBe(MEBIBYTE + 64 * RECORD_OVERHEAD_BYTES);
    tracker.complete([63]);
    expect(tracker.memoryBytes).toBe(0);
    expect(Object.keys(tracker.lastDone ?? {})).not.toContain('data');
  });

  test('does not grow while all others are done behind a record that is not', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    deliver(tracker, largeRead(0));
    tracker.complete(indices(1, 63));
    for (let read = 1; read <= 200; read++) {
      const first = deliver(tracker, largeRead(read * 64));
      tracker.complete(indices(first, 64));
      expect(tracker.memoryBytes).toBe(MEBIBYTE + 64 * RECORD_OVERHEAD_BYTES);
    }
    expect(tracker.checkpoint).toEqual({ kind: 'trim_horizon' });
    tracker.complete([0]);
    const last = recordAt(200 * 64 + 63).sequenceNumber;
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber: last });
    expect(tracker.memoryBytes).toBe(0);
  });

  test('is freed by moving the few bytes that are still needed out of an old read; the records stay the same', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    const records = largeRead(0);
    const before = records.map(({ data }) => [...data.subarray(0, 2)]);
    deliver(tracker, records, 5);
    tracker.complete(indices(0, 64, 7, 63));
    tracker.compact(4);
    expect(tracker.memoryBytes).toBeGreaterThan(MEBIBYTE);
    tracker.compact(5);
    const bytes = 2 * (MEBIBYTE / 64);
    expect(tracker.memoryBytes).toBe(bytes + 64 * RECORD_OVERHEAD_BYTES);
    expect([records[7], records[63]].map((it) => it?.data.buffer.byteLength)).toEqual([bytes, bytes]);
    expect(records.map(({ data }) => [...data.subarray(0, 2)])).toEqual(before);
    tracker.complete([7]);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber: recordAt(62).sequenceNumber });
  });

  test('of an old read is freed in fact, whatever the portions of the read and whichever few records are left', async () => {
    const reads = fc.array(
      fc.record({
        portions: fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }),
        left: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
      }),
      { minLength: 20, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(reads, async (given) => {
        const compacted = given.flatMap(({ portions, left }) => compactedRead(portions, left) ?? []);
        // A WeakRef keeps its target until the next turn of the event loop.
        await setImmediate();
        collectGarbage();
        for (const { tracker, buffer, bytes } of compacted) {
          expect(tracker.memoryBytes).toBe(bytes);
          expect(buffer.deref()).toBeUndefined();
        }
      }),
      { numRuns: propertyCases(5) },
    );
  });

  test('is not moved if most of it is still needed, or while aggregates of the read are still closed', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    deliver(tracker, largeRead(0));
    tracker.complete(indices(0, 40));
    tracker.begin(MEBIBYTE, 0);
    tracker.add(largeRead(64).slice(0, 1));
    const before = tracker.memoryBytes;
    tracker.compact(0);
    expect(tracker.memoryBytes).toBe(before);
  });
});

describe('prefix tracker', () => {
  test('a read may be delivered in portions, and an empty read changes nothing', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    deliver(tracker, []);
    expect([tracker.isIdle, tracker.memoryBytes]).toEqual([true, 0]);
    tracker.begin(10, 0);
    expect(tracker.add([recordAt(0)])).toBe(0);
    tracker.complete([0]);
    expect([tracker.isIdle, tracker.memoryBytes]).toEqual([true, 10 + RECORD_OVERHEAD_BYTES]);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber: recordAt(0).sequenceNumber });
    expect(tracker.add([recordAt(1)])).toBe(1);
    tracker.seal();
    deliver(tracker, []);
    tracker.complete([1]);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber: recordAt(1).sequenceNumber });
    expect([tracker.isIdle, tracker.memoryBytes]).toEqual([true, 0]);
  });

  test('stays at its first checkpoint until the first record is done', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    deliver(tracker, [recordAt(0), recordAt(1)]);
    tracker.complete([1]);
    expect(tracker.checkpoint).toEqual({ kind: 'trim_horizon' });
    expect(tracker.isIdle).toBe(false);
    tracker.complete([0]);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber: recordAt(1).sequenceNumber });
    expect(tracker.isIdle).toBe(true);
  });

  test('inside an aggregate, names the sub-sequence number until the aggregate is done', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    deliver(
      tracker,
      [0, 1].map((subSequenceNumber) => recordAt(5, { subSequenceNumber })),
    );
    const { sequenceNumber } = recordAt(5);
    tracker.complete([0]);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber, subSequenceNumber: 0 });
    tracker.complete([1]);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber });
  });

  test('whatever the order of completion, the checkpoint is the end of the contiguous prefix', () => {
    const order = fc.integer({ min: 1, max: 60 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, index) => index),
        { minLength: count },
      ),
    );
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 60 }), (completions, readSize) => {
        const tracker = new PrefixTracker({ kind: 'trim_horizon' });
        const records = completions.map((_, index) => recordAt(index));
        for (let at = 0; at < records.length; at += readSize) {
          deliver(tracker, records.slice(at, at + readSize));
        }
        const done = new Set<number>();
        for (const index of completions) {
          tracker.complete([index]);
          if (index % 3 === 0) tracker.compact(0);
          done.add(index);
          let prefix = 0;
          while (done.has(prefix)) prefix++;
          const expected =
            prefix === 0
              ? { kind: 'trim_horizon' }
              : { kind: 'record', sequenceNumber: records[prefix - 1]?.sequenceNumber };
          expect(tracker.checkpoint).toEqual(expected);
        }
        expect(tracker.isIdle).toBe(true);
        expect(tracker.memoryBytes).toBe(0);
      }),
    );
  });

  test('reads in portions, of which records are done meanwhile in any order, give the same checkpoints', () => {
    const portions = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
    const reads = fc.array(portions, { minLength: 1, maxLength: 5 });
    const picks = fc.array(fc.nat(), { maxLength: 60 });
    fc.assert(
      fc.property(reads, picks, fc.infiniteStream(fc.boolean()), (given, choices, coin) => {
        const world = trackedWorld();
        for (const sizes of given) {
          world.tracker.begin(10, 0);
          for (const size of sizes) {
            world.add(size);
            while (coin.next().value && choices.length > 0) world.completeOne(choices.pop() as number);
          }
          world.tracker.seal();
          world.compare();
        }
        for (const choice of choices) world.completeOne(choice);
        while (world.left.size > 0) world.completeOne(0);
        expect([world.tracker.isIdle, world.tracker.memoryBytes]).toEqual([true, 0]);
      }),
      { numRuns: propertyCases(200) },
    );
  });
});

/** A tracker beside a plain set of the records that are not done. */
function trackedWorld() {
  const tracker = new PrefixTracker({ kind: 'trim_horizon' });
  const left = new Set<number>();
  let next = 0;
  return {
    tracker,
    left,
    add(count: number) {
      const records = Array.from({ length: count }, (_, at) => recordAt(next + at));
      expect(tracker.add(records)).toBe(next);
      for (const _ of records) left.add(next++);
      expect(tracker.isIdle).toBe(left.size === 0);
    },
    completeOne(choice: number) {
      const indices = [...left];
      const index = indices[choice % indices.length];
      if (index === undefined) return;
      left.delete(index);
      tracker.complete([index]);
      if (choice % 3 === 0) tracker.compact(0);
      this.compare();
    },
    compare() {
      const done = left.size === 0 ? next : Math.min(...left);
      const { sequenceNumber } = recordAt(done - 1);
      expect(tracker.checkpoint).toEqual(
        done === 0 ? { kind: 'trim_horizon' } : { kind: 'record', sequenceNumber },
      );
      expect(tracker.lastDone?.sequenceNumber).toBe(done === 0 ? undefined : sequenceNumber);
      expect(tracker.isIdle).toBe(left.size === 0);
    },
  };
}
