import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { labelPattern } from '../../../../scripts/rollout/promql/label-pattern.ts';

describe('a label matcher by a regular expression', () => {
  test.each([
    ['inference-abc-x1|inference-abc-y2', 'inference-abc-y2', true],
    ['inference-abc-x1|inference-abc-y2', 'inference-abc-y2z', false],
    ['a\\.b', 'a.b', true],
    ['a\\.b', 'axb', false],
    ['inference-[a-z0-9]+-[a-z0-9]{5}', 'inference-7d4b9c-x9z8y', true],
    ['inference-[a-z0-9]+-[a-z0-9]{5}', 'inference-7d4b9c-x9z8', false],
    ['[^a-c]?', 'b', false],
    ['[a|b]', '|', true],
    ['', '', true],
    ['no pod of the target', 'inference-abc-x1', false],
  ])('%s and %s', (pattern, text, expected) => {
    expect(labelPattern(pattern)(text)).toBe(expected);
  });

  test('matches as JavaScript does', () => {
    const part = fc
      .tuple(fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\.'), fc.constantFrom('', '*', '+', '?', '{2}'))
      .map((texts) => texts.join(''));
    const alternative = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
    const pattern = fc.array(alternative, { minLength: 1, maxLength: 3 }).map((all) => all.join('|'));
    const text = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 6 }).map((all) => all.join(''));
    fc.assert(
      fc.property(pattern, text, (source, given) => {
        expect(labelPattern(source)(given)).toBe(new RegExp(`^(?:${source})$`).test(given));
      }),
      { numRuns: 500 },
    );
  });

  test.each(['(a)', 'a$', '[a', 'a{1,2}', 'a{'])('%s is not known', (pattern) => {
    expect(() => labelPattern(pattern)).toThrow(/not known here|without an end/);
  });
});
