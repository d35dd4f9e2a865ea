import { expect, test } from '@jest/globals';
import { ScanPatience } from '../../../../../services/inference/decision/decode/scan-patience.ts';

/** Number of records that are scanned out of `records`, if each scan ends as `scanned` says. */
function scansOf(patience: ScanPatience, records: number, scanned: boolean): number {
  let scans = 0;
  for (let record = 0; record < records; record++) {
    if (!patience.wantsScan) continue;
    scans++;
    patience.report(scanned);
  }
  return scans;
}

test('scans each record of a stream that the scanner knows', () => {
  expect(scansOf(new ScanPatience(), 1_000, true)).toBe(1_000);
});

test('scans one of 16 records of a stream that the scanner does not know', () => {
  const patience = new ScanPatience();
  expect(scansOf(patience, 32, false)).toBe(32);
  expect(scansOf(patience, 1_600, false)).toBe(100);
});

test.each([
  ['each record if half of the records are known', 2, 3_200, 3_200],
  ['few records if one of 32 is known', 32, 0, 800],
])('scans %s', (_, every, least, most) => {
  const patience = new ScanPatience();
  let scans = 0;
  for (let record = 0; record < 3_200; record++) scans += scansOf(patience, 1, record % every === 0);
  expect(scans).toBeGreaterThanOrEqual(least);
  expect(scans).toBeLessThanOrEqual(most);
});

test('scans each record again once a scan succeeds', () => {
  const patience = new ScanPatience();
  scansOf(patience, 1_000, false);
  expect(scansOf(patience, 1_000, true)).toBeGreaterThan(980);
  expect(scansOf(patience, 100, true)).toBe(100);
});
