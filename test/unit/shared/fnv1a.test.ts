import { describe, expect, test } from '@jest/globals';
import { fnv1a } from '../../../services/shared/fnv1a.ts';

describe('fnv1a', () => {
  // From the reference test suite of Fowler, Noll and Vo.
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('of %j is the published value', (text, hash) => {
    expect(fnv1a(text)).toBe(hash);
  });
});
