import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { truncate } from '../../../../operators/rollout/decision/truncate.ts';

describe('a message for the status', () => {
  test('is cut after 1,024 characters', () => {
    expect(truncate('x'.repeat(1024))).toBe('x'.repeat(1024));
    expect(truncate('x'.repeat(1025))).toBe(`${'x'.repeat(1023)}…`);
  });

  test.each(['🚫'.repeat(1000), `x${'🚫'.repeat(1000)}`])('is not cut within a character', (message) => {
    const cut = truncate(message);
    expect(cut).toMatch(/🚫…$/u);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut.length).toBeGreaterThan(1020);
  });

  test('is what the API server stores, whatever text comes from outside', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('x', '🚫', '\ud83d', '\udeab'), { maxLength: 1100 }), (parts) => {
        const cut = truncate(parts.join(''));
        // UTF-8 has no half of a pair of surrogates.
        expect(Buffer.from(cut).toString()).toBe(cut);
        expect(cut.length).toBeLessThanOrEqual(1024);
      }),
    );
  });
});
