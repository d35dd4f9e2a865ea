import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RunSize } from '../../../../services/inference/model/run-size.ts';
import { propertyCases } from '../../../support/property-cases.ts';

/** Observes so many full runs of the same time. */
function fullRuns(size: RunSize, runs: number, milliseconds: number): void {
  for (let run = 0; run < runs; run++) size.observe(size.rows, milliseconds);
}

describe('the rows of a run', () => {
  test('are 256 at first, and while runs take between 2 and 5 ms', () => {
    const size = new RunSize();
    fullRuns(size, 100, 4.9);
    expect(size.rows).toBe(256);
  });

  test('are halved after eight runs in a row above 5 ms, but not below 16', () => {
    const size = new RunSize();
    fullRuns(size, 7, 5.1);
    expect(size.rows).toBe(256);
    fullRuns(size, 1, 5.1);
    expect(size.rows).toBe(128);
    fullRuns(size, 100, 1_000);
    expect(size.rows).toBe(16);
  });

  test('are kept if every second run is within 5 ms', () => {
    const size = new RunSize();
    for (let round = 0; round < 100; round++) {
      fullRuns(size, 1, 50);
      fullRuns(size, 1, 5);
    }
    expect(size.rows).toBe(256);
  });

  test('are halved although one run in five is within 5 ms', () => {
    const size = new RunSize();
    for (let round = 0; round < 4; round++) {
      fullRuns(size, 4, 30);
      fullRuns(size, 1, 4.9);
    }
    expect(size.rows).toBe(128);
  });

  test('are doubled after eight full runs in a row within 2 ms, but not above 256', () => {
    const size = new RunSize();
    fullRuns(size, 32, 1_000);
    expect(size.rows).toBe(16);
    fullRuns(size, 7, 2);
    expect(size.rows).toBe(16);
    fullRuns(size, 1, 2);
    expect(size.rows).toBe(32);
    fullRuns(size, 100, 0.1);
    expect(size.rows).toBe(256);
  });

  test('follow a long run of few rows, because a full run takes longer', () => {
    const size = new RunSize();
    for (let run = 0; run < 100; run++) size.observe(Math.min(64, size.rows), 12.8);
    expect(size.rows).toBe(16);
  });

  test('follow long runs whatever shorter runs of few rows come between', () => {
    const size = new RunSize();
    for (let run = 0; run < 8; run++) {
      size.observe(256, 50);
      size.observe(3, 0.1);
      size.observe(129, 4.9);
    }
    expect(size.rows).toBe(128);
  });

  test('are kept if runs of few rows are seldom disturbed', () => {
    const size = new RunSize();
    for (let run = 0; run < 1_000; run++) size.observe(5, run % 50 === 0 ? 20 : 0.06);
    expect(size.rows).toBe(256);
  });

  test('are not doubled for runs that are not full', () => {
    const size = new RunSize();
    fullRuns(size, 8, 50);
    for (let run = 0; run < 100; run++) size.observe(127, 0.1);
    expect(size.rows).toBe(128);
  });

  test('settle at a size whose runs take at most 5 ms, however much a row costs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 60 }),
        (fixed, perRow, disturbances) => {
          const size = new RunSize();
          const cost = (rows: number) => fixed + perRow * rows;
          for (const disturbance of disturbances) size.observe(size.rows, cost(size.rows) + disturbance);
          for (let run = 0; run < 64; run++) size.observe(size.rows, cost(size.rows));
          const settled = size.rows;
          expect(settled === 16 || cost(settled) <= 5).toBe(true);
          expect(settled === 256 || cost(settled) > 2).toBe(true);
          for (let run = 0; run < 64; run++) size.observe(size.rows, cost(size.rows));
          expect(size.rows).toBe(settled);
        },
      ),
      { numRuns: propertyCases(300) },
    );
  });

  test('let no run above 16 rows take more than 5 ms in the end, whatever batches come', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 10 }),
        (fixed, perRow, batches) => {
          const size = new RunSize();
          const longestOfRound = () => {
            let longest = 0;
            for (const batch of batches) {
              for (let left = batch, rows = 0; left > 0; left -= rows) {
                rows = Math.min(left, size.rows);
                if (size.rows > 16) longest = Math.max(longest, fixed + perRow * rows);
                size.observe(rows, fixed + perRow * rows);
              }
            }
            return longest;
          };
          for (let round = 0; round < 32; round++) longestOfRound();
          expect(longestOfRound()).toBeLessThanOrEqual(5);
        },
      ),
      { numRuns: propertyCases(300) },
    );
  });
});
