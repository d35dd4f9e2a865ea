import { expect, test } from '@jest/globals';
import { incompatibilities } from '../../../../services/inference/model/contract-compatibility.ts';
import type { Field, ServingContract } from '../../../../services/shared/contract/serving-contract.ts';
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
