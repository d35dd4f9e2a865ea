import { expect, test } from '@jest/globals';
import { ClockSkew } from '../../../../services/stream/client/clock-skew.ts';

const MINUTE = 60_000;
const NOON = Date.parse('2026-01-01T12:00:00Z');
const header = (milliseconds: number) => new Date(milliseconds).toUTCString();

test('a wrong clock is corrected by the clock of the service, but not within the tolerance', () => {
  const skew = new ClockSkew();
  skew.learn(header(NOON + 2 * MINUTE), NOON);
  expect(skew.correct(NOON)).toBe(NOON);
  skew.learn(header(NOON + 10 * MINUTE), NOON);
  expect(skew.correct(NOON)).toBe(NOON + 10 * MINUTE);
});

test('a clock that was set right afterwards is no longer corrected', () => {
  const skew = new ClockSkew();
  skew.learn(header(NOON + 10 * MINUTE), NOON);
  skew.learn(header(NOON), NOON);
  expect(skew.correct(NOON)).toBe(NOON);
});

test('a response without a date changes nothing', () => {
  const skew = new ClockSkew();
  skew.learn('undefined', NOON);
  expect(skew.correct(NOON)).toBe(NOON);
});
