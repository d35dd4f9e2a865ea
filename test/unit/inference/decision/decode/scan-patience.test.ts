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

test('scans few records of a stream that the scanner does not know', () => {
  const scans = scansOf(new ScanPatience(), 10_000, false);
  expect(scans).toBeGreaterThan(300);
  expect(scans).toBeLessThan(1_000);
});

test('scans each record again once a scan succeeds', () => {
  const patience = new ScanPatience();
  scansOf(patience, 1_000, false);
  expect(scansOf(patience, 1_000, true)).toBeGreaterThan(980);
  expect(scansOf(patience, 100, true)).toBe(100);
});
