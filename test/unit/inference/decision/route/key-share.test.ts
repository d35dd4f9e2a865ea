import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyShare } from '../../../../../services/inference/decision/route/key-share.ts';

test('a key has one place in [0, 100)', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const share = keyShare(key);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThan(100);
      expect(keyShare(key)).toBe(share);
    }),
  );
});

test.each([
  ['numbers', (index: number) => String(index)],
  ['padded numbers', (index: number) => String(index).padStart(12, '0')],
  ['prefixed numbers', (index: number) => `applicant-${index}`],
])('keys that are %s spread evenly', (_, key) => {
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 20_000; index++) {
    const bucket = Math.floor(keyShare(key(index)) / 10);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
});
