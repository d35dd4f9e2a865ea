import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable } from '../../../services/shared/printable.ts';

test('any text becomes one line of whole characters, within the length', () => {
  const part = fc.constantFrom('a', '\n', '\u001b', '\u2028', '\u200b', '\ud83d', '\ude00', '🚫', 'é');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), fc.integer({ min: 2, max: 25 }), (parts, maximum) => {
      const line = printable(parts.join(''), maximum);
      expect(line.length).toBeLessThanOrEqual(maximum);
      expect(line.isWellFormed()).toBe(true);
      expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
    }),
  );
});

test('a text that fits stays as it is', () => {
  expect(printable('🚫 no entry', 11)).toBe('🚫 no entry');
  expect(printable('🚫🚫🚫', 4)).toBe('🚫…');
});
