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
