import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fieldDecoder } from '../../../../services/inference/decision/decode/field-decoder.ts';
import { incompatibilities } from '../../../../services/inference/model/contract-compatibility.ts';
import type {
  Field,
  NumberField,
  ServingContract,
} from '../../../../services/shared/contract/serving-contract.ts';
import { loanContract } from '../../../support/model/loan-model.ts';

const stable = loanContract();

function withFields(change: (field: Field) => Field | undefined, ...added: Field[]): ServingContract {
  return { ...stable, fields: [...stable.fields.flatMap((field) => change(field) ?? []), ...added] };
}

function changed(name: string, change: object): ServingContract {
  return withFields((field) => (field.name === name ? ({ ...field, ...change } as Field) : field));
}

test.each<[string, ServingContract]>([
  ['the same contract', stable],
  ['a field less', withFields((field) => (field.name === 'Gender' ? undefined : field))],
  ['a new optional field', withFields((field) => field, { name: 'Age', type: 'number', required: false })],
  ['a wider range', changed('Credit_History', { maximum: 2 })],
  ['no bounds any more', changed('Credit_History', { minimum: undefined, maximum: undefined })],
  ['a new category', changed('Gender', { values: ['Female', 'Male', 'Other'] })],
  [
    'a category that became a spelling of another',
    changed('Dependents', { values: ['0', '1', '2'], aliases: { '3': '2', '3+': '2' } }),
  ],
  ['a value that need not be there any more', changed('ApplicantIncome', { required: false })],
  ['another threshold', { ...stable, decision: { ...stable.decision, threshold: 0.6 } }],
])('%s is compatible', (_, candidate) => {
  expect(incompatibilities(stable, candidate)).toEqual([]);
});

test.each<[string, ServingContract, string]>([
  [
    'a new required field',
    withFields((field) => field, { name: 'Age', type: 'number', required: true }),
    'Age is new and required',
  ],
  [
    'a field that became required',
    changed('LoanAmount', { required: true }),
    'LoanAmount has become required',
  ],
  [
    'a category less',
    changed('Property_Area', { values: ['Rural', 'Urban'] }),
    'Property_Area no longer takes "Semiurban"',
  ],
  ['a spelling less', changed('Dependents', { aliases: {} }), 'Dependents no longer takes "3"'],
  ['a higher minimum', changed('LoanAmount', { minimum: 5 }), 'LoanAmount no longer takes numbers below 5'],
  [
    'a lower maximum',
    changed('Loan_Amount_Term', { maximum: 480 }),
    'Loan_Amount_Term no longer takes numbers above 480',
  ],
  ['another type', changed('Gender', { type: 'number' }), 'Gender was a string and is a number'],
  [
    'another decision',
    { ...stable, decision: { ...stable.decision, name: 'churns' } },
    'the decision is called churns, it was approved',
  ],
])('%s is not compatible', (_, candidate, problem) => {
  expect(incompatibilities(stable, candidate)).toEqual([problem]);
});

describe('levels', () => {
  type Rule = Omit<NumberField, 'name' | 'type' | 'required'>;
  const contractOf = (rule: Rule): ServingContract => ({
    ...stable,
    fields: [{ name: 'code', type: 'number', required: false, ...rule }],
  });
  const verdict = (before: Rule, after: Rule) => incompatibilities(contractOf(before), contractOf(after));

  test.each<[string, Rule, Rule]>([
    ['in place of the range that they span', { minimum: 0, maximum: 1 }, { levels: [0, 1] }],
    ['with more than the range that they span', { minimum: 0, maximum: 1 }, { levels: [0, 1, 2] }],
    ['that span the range in between too', { minimum: 0, maximum: 2 }, { levels: [2, 1, 0] }],
    ['and one more', { levels: [0, 1] }, { levels: [0, 1, 9] }],
    ['in another order', { levels: [0, 1] }, { levels: [1, 0] }],
    ['as float32', { levels: [0.1] }, { levels: [Math.fround(0.1)] }],
    ['that become a range', { levels: [0, 1] }, { minimum: 0, maximum: 1 }],
    ['that become any number', { levels: [0, 1] }, {}],
    ['whose range was wider', { minimum: 0, maximum: 9, levels: [0, 1] }, { minimum: 0, maximum: 1 }],
  ])('%s are compatible', (_, before, after) => {
    expect(verdict(before, after)).toEqual([]);
  });

  test.each<[string, Rule, Rule, string]>([
    ['one less', { levels: [0, 1, 2] }, { levels: [0, 1] }, 'code no longer takes 2'],
    ['beyond the new range', { levels: [0, 5] }, { maximum: 4 }, 'code no longer takes 5'],
    [
      'within a wider range',
      { minimum: 0, maximum: 2 },
      { levels: [0, 1] },
      'code now takes only 0, 1, it took every number from 0 to 2',
    ],
    [
      'in place of an open range',
      { minimum: 0 },
      { levels: [0, 1] },
      'code now takes only 0, 1, it took every number of at least 0',
    ],
    ['in place of any number', {}, { levels: [0] }, 'code now takes only 0, it took every number'],
    [
      'without the lower bound',
      { minimum: 0, maximum: 1 },
      { levels: Array.from({ length: 13 }, (_, index) => index + 1) },
      'code now takes only 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …, it took every number from 0 to 1',
    ],
  ])('%s are not compatible', (_, before, after, problem) => {
    expect(verdict(before, after)).toEqual([problem]);
  });

  test('that a candidate refuses are incompatible, whatever both contracts are', () => {
    const level = fc.constantFrom(-1, 0, 0.1, Math.fround(0.1), 0.5, 1, 2, 1e7);
    const levels = fc.uniqueArray(level, { minLength: 1, maxLength: 4, selector: Math.fround });
    const range = fc.record({ minimum: level, maximum: level }, { requiredKeys: [] });
    const accepts = (rule: Rule, value: number) =>
      fieldDecoder({ name: 'code', type: 'number', required: false, ...rule }, undefined)(value, [], 0) ===
      undefined;
    fc.assert(
      fc.property(levels, fc.oneof(range, fc.record({ levels })), (before, after) => {
        const refused = before.filter((value) => !accepts(after, value));
        expect(verdict({ levels: before }, after)).toEqual(
          refused.map((value) => `code no longer takes ${value}`),
        );
      }),
    );
  });
});
