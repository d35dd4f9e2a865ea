import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fieldDecoder } from '../../../../../services/inference/decision/decode/field-decoder.ts';
import type { NumberField } from '../../../../../services/shared/contract/serving-contract.ts';

function decodeNumber(rule: Partial<NumberField>, value: unknown) {
  const column = new Float32Array(1);
  const decode = fieldDecoder({ name: 'code', type: 'number', required: false, ...rule }, undefined);
  const rejection = decode(value, column, 0);
  return { rejection, stored: column[0] };
}

describe('a number field with levels', () => {
  const levels = [0, 1];

  test.each([0, 1, '0', '1.0', 1])('takes the level %j', (value) => {
    const { rejection, stored } = decodeNumber({ levels }, value);
    expect(rejection).toBeUndefined();
    expect(stored).toBe(Number(value));
  });

  test.each([0.01, 0.5, 0.999, '0.3', -1, 2, 1e39, Number.POSITIVE_INFINITY])('refuses %j', (value) => {
    expect(decodeNumber({ levels, minimum: 0, maximum: 1 }, value).rejection).toEqual({
      code: 'out_of_range',
      field: 'code',
      message: `code is ${typeof value === 'string' ? JSON.stringify(value) : value}: it must be one of 0, 1`,
    });
  });

  test.each([undefined, null, '', 'NaN'])('takes %j as missing', (value) => {
    expect(decodeNumber({ levels }, value)).toEqual({ rejection: undefined, stored: Number.NaN });
  });

  test('names the levels if a required value is missing', () => {
    expect(decodeNumber({ levels, required: true }, null).rejection?.message).toBe(
      'code is missing: it is required and must be one of 0, 1',
    );
  });

  test('names the first twelve of many levels', () => {
    const many = Array.from({ length: 13 }, (_, index) => index);
    expect(decodeNumber({ levels: many }, 99).rejection?.message).toBe(
      'code is 99: it must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …',
    );
  });

  test('takes exactly the levels, as a double and as the nearest float32', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    const double = fc.double({ noNaN: true, min: -1e30, max: 1e30 });
    fc.assert(
      fc.property(fc.array(fc.oneof(finite, double), { minLength: 1 }), double, (some, other) => {
        for (const level of some) {
          expect(decodeNumber({ levels: some }, level).rejection).toBeUndefined();
          expect(decodeNumber({ levels: some }, Math.fround(level)).rejection).toBeUndefined();
        }
        const known = some.some((level) => Math.fround(level) === Math.fround(other));
        expect(decodeNumber({ levels: some }, other).rejection === undefined).toBe(known);
      }),
    );
  });
});

describe('a number field with a range', () => {
  test('takes its bounds, as a double and as the nearest float32', () => {
    const bound = fc.double({ noNaN: true, min: -1e30, max: 1e30 });
    fc.assert(
      fc.property(bound, bound, (one, other) => {
        const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
        for (const value of [minimum, maximum, Math.fround(minimum), Math.fround(maximum)]) {
          expect(decodeNumber({ minimum, maximum }, value).rejection).toBeUndefined();
        }
      }),
    );
  });

  test.each([-0.001, 0.301])('refuses %d beyond 0 to 0.3', (value) => {
    expect(decodeNumber({ minimum: 0, maximum: 0.3 }, value).rejection?.message).toBe(
      `code is ${value}: it must be a number from 0 to 0.3`,
    );
  });
});
