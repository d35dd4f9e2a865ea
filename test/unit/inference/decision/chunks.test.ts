import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chunksOf } from '../../../../services/inference/decision/chunks.ts';

const MEGABYTE = 1024 * 1024;

function sizes(...bytes: number[]) {
  return bytes.map((length) => ({ data: { length } as Uint8Array }));
}

describe('records are divided into chunks', () => {
  test('of 256 small records', () => {
    expect([...chunksOf(sizes(...new Array(600).fill(300)))]).toEqual([
      { start: 0, end: 256 },
      { start: 256, end: 512 },
      { start: 512, end: 600 },
    ]);
  });

  test('of at most 1 MiB, if the records are large', () => {
    expect([...chunksOf(sizes(MEGABYTE / 2, MEGABYTE / 2, 1))]).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 3 },
    ]);
  });

  test('of one record, if the record alone has more than 1 MiB', () => {
    expect([...chunksOf(sizes(1, 2 * MEGABYTE, 1))]).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 2 },
      { start: 2, end: 3 },
    ]);
  });

  test('that hold each record once and keep the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 * MEGABYTE }), { maxLength: 600 }), (bytes) => {
        const indices = [...chunksOf(sizes(...bytes))].flatMap(({ start, end }) =>
          Array.from({ length: end - start }, (_, offset) => start + offset),
        );
        expect(indices).toEqual(bytes.map((_, index) => index));
      }),
    );
  });
});
