import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JsonCursor } from '../../../../services/stream/client/json-cursor.ts';
import { propertyCases } from '../../../support/property-cases.ts';

const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.nat(30), fc.boolean())
  .map(([digits, places, isNegative]) => {
    const text = String(digits).padStart(places + 1, '0');
    const point = text.length - places;
    return `${isNegative ? '-' : ''}${text.slice(0, point)}${places > 0 ? '.' : ''}${text.slice(point)}`;
  });

/** Characters of strings, most of which mean something to JSON. */
const characters = fc.array(
  fc.oneof(
    fc.constantFrom(...'"\\/bfnrtux0fÿ😀\ud800\u0000\t '),
    fc.constantFrom('\\"', '\\\\', '\\u00e4', '\\ud83d'),
  ),
  { maxLength: 12 },
);

test('a string is taken up to its quote with the value that JSON.parse gives, or not at all', () => {
  fc.assert(
    fc.property(characters, (all) => {
      const bytes = Buffer.from(`"${all.join('')}"`);
      const cursor = new JsonCursor(bytes);
      const text = cursor.text();
      if (text !== undefined) expect(text).toBe(JSON.parse(bytes.subarray(0, cursor.at).toString()));
      else expect(() => JSON.parse(bytes.toString())).toThrow(SyntaxError);
    }),
    { numRuns: propertyCases(5_000) },
  );
});

test('a number is the double that JSON.parse makes of it', () => {
  fc.assert(
    fc.property(
      fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
      (text) => {
        expect(new JsonCursor(Buffer.from(text)).number()).toBe(JSON.parse(text));
      },
    ),
    { numRuns: propertyCases(2_000) },
  );
});
