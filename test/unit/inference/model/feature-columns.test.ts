import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import type {
  ContractRow,
  Field,
  MatrixEncoding,
} from '../../../../services/shared/contract/serving-contract.ts';

const FIELDS: readonly Field[] = [
  { name: 'area', type: 'string', required: false, values: ['Urban', 'Semiurban', 'Rural'] },
  { name: 'income', type: 'number', required: true },
  { name: 'gender', type: 'string', required: false, values: ['Female', 'Male'] },
];
const NAN: MatrixEncoding = { input: 'applications', missingCategory: 'nan' };
const CODE: MatrixEncoding = { input: 'applications', missingCategory: 'code' };

function matrixOf(encoding: MatrixEncoding, rows: readonly ContractRow[]): number[] {
  return [...(FeatureColumns.fromRows({ fields: FIELDS, encoding }, rows).matrix as Float32Array)];
}

describe('the matrix of a batch', () => {
  test('holds one row after the other, with the place of each string in its values', () => {
    const rows = [
      { area: 'Rural', income: 5849, gender: 'Male' },
      { area: 'Urban', income: 4583.5, gender: 'Female' },
    ];
    expect(matrixOf(NAN, rows)).toEqual([2, 5849, 1, 0, 4583.5, 0]);
  });

  test('writes a missing string as the encoding says, and a missing number as NaN', () => {
    const rows = [{ area: null, income: null, gender: '' }];
    expect(matrixOf(NAN, rows)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(matrixOf(CODE, rows)).toEqual([3, Number.NaN, 2]);
  });

  test('has the values of the columns, at any row and after a slice', () => {
    const row = fc.record({
      area: fc.constantFrom('Urban', 'Semiurban', 'Rural', null),
      income: fc.option(fc.float({ noNaN: true, noDefaultInfinity: true })),
      gender: fc.constantFrom('Female', 'Male', null),
    });
    const property = fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.nat(), (rows, cut) => {
      const start = cut % rows.length;
      const apart = FeatureColumns.fromRows({ fields: FIELDS }, rows).slice(start, rows.length);
      const matrix = FeatureColumns.fromRows({ fields: FIELDS, encoding: CODE }, rows).slice(
        start,
        rows.length,
      );
      expect(matrix.matrix).toHaveLength((rows.length - start) * FIELDS.length);
      FIELDS.forEach((field, index) => {
        for (let at = 0; at < rows.length - start; at++) {
          const cell = matrix.columns[index]?.[at * matrix.stride] as number;
          const value = apart.columns[index]?.[at * apart.stride];
          expect(field.type === 'string' ? (field.values[cell] ?? '') : cell).toEqual(value);
        }
      });
    });
    fc.assert(property);
  });
});
