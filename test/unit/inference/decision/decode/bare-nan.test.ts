import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nullForBareNaN } from '../../../../../services/inference/decision/decode/bare-nan.ts';

function replaced(json: string): string {
  return Buffer.from(nullForBareNaN(Buffer.from(json))).toString();
}

describe('a bare NaN becomes null', () => {
  test.each([
    ['alone', 'NaN', 'null'],
    ['in an array, without spaces', '[NaN,NaN]', '[null,null]'],
    ['after a text with escaped quotes', '["\\"", NaN, "\\\\", NaN]', '["\\"", null, "\\\\", null]'],
    ['but not in a text', '"NaN \\"NaN\\" NaN"', '"NaN \\"NaN\\" NaN"'],
    ['but not in a text that does not close', '"NaN \\', '"NaN \\'],
    ['but not in part', '[Na, aN]', '[Na, aN]'],
  ])('%s', (_, json, expected) => {
    expect(replaced(json)).toBe(expected);
  });

  test('wherever Python writes one', () => {
    const values = fc.array(fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.constant('NaN')));
    fc.assert(
      fc.property(values, (list) => {
        const written = `[${list.map((value) => (value === undefined ? 'NaN' : JSON.stringify(value)))}]`;
        expect(JSON.parse(replaced(written))).toEqual(JSON.parse(JSON.stringify(list)));
      }),
    );
  });
});
