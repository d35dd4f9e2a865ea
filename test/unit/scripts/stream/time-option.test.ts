import { describe, expect, test } from '@jest/globals';
import { parsePosition } from '../../../../scripts/stream/position-option.ts';
import { assertPast, parseTime } from '../../../../scripts/stream/time-option.ts';

describe('a time', () => {
  test.each([
    ['2026-02-28T12:00Z', Date.UTC(2026, 1, 28, 12)],
    ['2028-02-29T23:59:59.250+01:00', Date.UTC(2028, 1, 29, 22, 59, 59, 250)],
  ])('%s is taken', (text, milliseconds) => {
    expect(parseTime('--since', text)).toBe(milliseconds);
  });

  test.each([
    ['2026-02-30T12:00:00Z', 'the day must be 01 to 28 in this month'],
    ['2027-02-29T12:00:00Z', 'the day must be 01 to 28 in this month'],
    ['2026-04-31T12:00:00Z', 'the day must be 01 to 30 in this month'],
    ['2026-01-00T12:00:00Z', 'the day must be 01 to 31 in this month'],
    ['2026-13-01T12:00:00Z', 'the month must be 01 to 12'],
    ['2026-00-01T12:00:00Z', 'the month must be 01 to 12'],
    ['2026-01-31T25:00:00Z', 'the hour must be 00 to 23'],
    ['2026-01-31T24:00:00Z', 'the hour must be 00 to 23'],
    ['2026-01-31T12:60Z', 'the minute must be 00 to 59'],
    ['2026-01-31T12:00:60Z', 'the second must be 00 to 59'],
    ['2026-01-31T12:00:00+24:00', 'the zone must be at most 23:59'],
  ])('%s does not exist, so it is refused as a time and as a position', (text, rule) => {
    expect(() => parseTime('--since', text)).toThrow(`--since ${text}: there is no such time, ${rule}`);
    expect(() => parsePosition('--to', text)).toThrow(`--to ${text}: there is no such time, ${rule}`);
  });

  test.each(['2026-02-30', '25:00', 'yesterday', '2026-01-31T12:00:00'])('%s has no zone', (text) => {
    expect(() => parseTime('--until', text)).toThrow(`--until ${text}: must be a time with its zone`);
  });

  test('that has not come yet is refused, if it must have passed', () => {
    const now = Date.UTC(2026, 0, 31, 12);
    expect(() => assertPast('--since', now, now)).not.toThrow();
    expect(() => assertPast('--since', now + 90_000, now)).toThrow(
      '--since 2026-01-31T12:01:30Z is 90 s ahead: give a time that has passed',
    );
  });
});
