import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RECORD_OVERHEAD_BYTES, readBytes } from '../../../../services/stream/read/read-memory.ts';
import { ReadSize } from '../../../../services/stream/read/read-size.ts';
import { propertyCases } from '../../../support/property-cases.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

/** Records whose data lies in one buffer. */
function recordsOf(count: number, bytes: number) {
  const buffer = new Uint8Array(count * bytes);
  return Array.from({ length: count }, (_, index) =>
    recordAt(index, { data: buffer.subarray(index * bytes, (index + 1) * bytes) }),
  );
}

describe('the memory of a read', () => {
  test('counts a buffer once and as a whole, and each record', () => {
    const records = recordsOf(10, 100);
    expect(readBytes(records)).toBe(1_000 + 10 * RECORD_OVERHEAD_BYTES);
    expect(readBytes(records.slice(3, 4))).toBe(1_000 + RECORD_OVERHEAD_BYTES);
    expect(readBytes([...records, ...recordsOf(1, 7)])).toBe(1_007 + 11 * RECORD_OVERHEAD_BYTES);
    expect(readBytes([])).toBe(0);
  });

  test('counts every buffer once, whichever records share a buffer', () => {
    const sizes = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(), { maxLength: 8 }), (given, choices) => {
        const buffers = given.map((size) => new Uint8Array(size));
        const chosen = choices.map((choice) => buffers[choice % buffers.length] as Uint8Array);
        const records = chosen.map((buffer, index) => recordAt(index, { data: buffer.subarray(0, index) }));
        const held = [...new Set(chosen)].reduce((sum, { length }) => sum + length, 0);
        expect(readBytes(records)).toBe(held + records.length * RECORD_OVERHEAD_BYTES);
      }),
      { numRuns: propertyCases(200) },
    );
  });
});

describe('the size of the next read', () => {
  test('is that of the read before', () => {
    const size = new ReadSize(2_000);
    expect([size.guessBytes, size.recordsWithin(size.guessBytes)]).toEqual([1024 * 1024, 2_000]);
    size.learn(recordsOf(2_000, 600), 2_000);
    expect(size.guessBytes).toBe(2_000_000);
    size.learn([], 2_000);
    expect(size.guessBytes).toBe(64 * 1024);
  });

  test('is cut in records if fewer bytes are granted, and is at least one record', () => {
    const size = new ReadSize(2_000);
    size.learn(recordsOf(2_000, 600), 2_000);
    expect(size.recordsWithin(100_000)).toBe(100);
    expect(size.recordsWithin(1)).toBe(1);
  });

  test('is not learned from a read that was cut, unless the shard had no more', () => {
    const size = new ReadSize(2_000);
    size.learn(recordsOf(2_000, 600), 2_000);
    size.learn(recordsOf(100, 600), 100);
    expect(size.guessBytes).toBe(2_000_000);
    size.learn(recordsOf(90, 600), 100);
    expect(size.guessBytes).toBe(90_000);
  });
});
