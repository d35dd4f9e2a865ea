import { expect, test } from '@jest/globals';
import { ClockSkew } from '../../../../services/stream/client/clock-skew.ts';

const MINUTE = 60_000;
const NOON = Date.parse('2026-01-01T12:00:00Z');
const header = (milliseconds: number) => new Date(milliseconds).toUTCString();

test('a clock that is off is corrected by the service’s, one within tolerance is left alone', () => {
  const skew = new ClockSkew();
  skew.learn(header(NOON + 2 * MINUTE), NOON);
  expect(skew.correct(NOON)).toBe(NOON);
  skew.learn(header(NOON + 10 * MINUTE), NOON);
  expect(skew.correct(NOON)).toBe(NOON + 10 * MINUTE);
});

test('a clock that was put right afterwards is no longer corrected', () => {
  const skew = new ClockSkew();
  skew.learn(header(NOON + 10 * MINUTE), NOON);
  skew.learn(header(NOON), NOON);
  expect(skew.correct(NOON)).toBe(NOON);
});

test('an answer without a date teaches nothing', () => {
  const skew = new ClockSkew();
  skew.learn('undefined', NOON);
  expect(skew.correct(NOON)).toBe(NOON);
});
