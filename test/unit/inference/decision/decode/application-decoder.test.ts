import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ApplicationDecoder,
  type DecodeFailure,
  peekRequestId,
} from '../../../../../services/inference/decision/decode/application-decoder.ts';
import { REJECTION_CODES } from '../../../../../services/shared/agreements/rejection-codes.ts';
import type { ServingContract } from '../../../../../services/shared/contract/serving-contract.ts';
import { EXAMPLE_INPUT, LOAN_FIELDS, loanContract } from '../../../../support/model/loan-model.ts';

const MAXIMUM_BYTES = 256 * 1024;

function decode(payload: unknown, contract: ServingContract = loanContract()) {
  const decoder = new ApplicationDecoder(contract, { maximumBytes: MAXIMUM_BYTES });
  const features = decoder.columns(1);
  const data =
    payload instanceof Uint8Array
      ? payload
      : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const result = decoder.decode(data, features, 0);
  const values = Object.fromEntries(
    contract.fields.map(({ name }, index) => [name, features.columns[index]?.[0]]),
  );
  return { result, values };
}

function decodeInput(change: Readonly<Record<string, unknown>>) {
  return decode({ input: { ...EXAMPLE_INPUT, ...change } });
}

describe('an application is taken', () => {
  test('as the predecessor sent it', () => {
    const { result, values } = decode({ input: EXAMPLE_INPUT, request_id: '12345' });
    expect(result).toBe('12345');
    expect(values).toEqual(EXAMPLE_INPUT);
  });

  test.each([
    ['an integer category', { Dependents: 2 }, { Dependents: '2' }],
    ["a category by the contract's other spelling", { Dependents: 3 }, { Dependents: '3+' }],
    ['a number as a text', { Loan_Amount_Term: '360' }, { Loan_Amount_Term: 360 }],
    ['a decimal as a text', { LoanAmount: '12.5' }, { LoanAmount: 12.5 }],
    ['a number of 64 characters as a text', { LoanAmount: '5'.padStart(64, '0') }, { LoanAmount: 5 }],
    ['a sign in the text', { LoanAmount: '+5' }, { LoanAmount: 5 }],
    ['a text without whole part', { Credit_History: '.5' }, { Credit_History: 0.5 }],
    ['a text without decimals', { LoanAmount: '5.' }, { LoanAmount: 5 }],
    ['an exponent in the text', { LoanAmount: '1.5e+2' }, { LoanAmount: 150 }],
    ['a term that no training row has', { Loan_Amount_Term: 6 }, { Loan_Amount_Term: 6 }],
    ['a term of 350 months', { Loan_Amount_Term: 350 }, { Loan_Amount_Term: 350 }],
    ['zero', { CoapplicantIncome: 0 }, { CoapplicantIncome: 0 }],
    ['an unknown key', { Loan_ID: 'LP001002' }, EXAMPLE_INPUT],
  ])('with %s', (_, change, expected) => {
    const { result, values } = decodeInput(change);
    expect(result).toBe('');
    expect(values).toMatchObject(expected);
  });

  test.each([
    ['absent', undefined],
    ['null', null],
    ['an empty text', ''],
  ])('with every optional value missing: %s', (_, missing) => {
    const { result, values } = decode({
      input: { ...Object.fromEntries(LOAN_FIELDS.map(({ name }) => [name, missing])), ApplicantIncome: 1 },
    });
    expect(result).toBe('');
    expect(values).toMatchObject({
      Gender: '',
      Property_Area: '',
      LoanAmount: Number.NaN,
      Credit_History: Number.NaN,
    });
  });

  test("with a bare NaN, as Python's json writes a missing number; texts stay as they are", () => {
    const text =
      '{"input": {"ApplicantIncome": 1, "LoanAmount": NaN, "Gender": NaN}, "request_id": "\\"NaN NaN\\\\"}';
    const { result, values } = decode(text);
    expect(result).toBe('"NaN NaN\\');
    expect(values).toMatchObject({ LoanAmount: Number.NaN, Gender: '', ApplicantIncome: 1 });
  });

  test.each([
    ['many commas and colons in a text', ':,{['.repeat(20_000)],
    ['many escaped quotes in a text', '\\"'.repeat(20_000)],
  ])('with %s', (_, Loan_ID) => {
    expect(decodeInput({ Loan_ID }).result).toBe('');
  });

  test.each([
    ['a number', 12345, '12345'],
    ['a text', 'a"b\\c', 'a"b\\c'],
    ['null', null, ''],
    ['an empty text', '', ''],
  ])('with a request id that is %s', (_, requestId, expected) => {
    expect(decode({ input: EXAMPLE_INPUT, request_id: requestId }).result).toBe(expected);
  });

  test('even if a key is __proto__', () => {
    const { result } = decode('{"input": {"ApplicantIncome": 5, "__proto__": {"Gender": "nobody"}}}');
    expect(result).toBe('');
  });
});

test('a field is missing even if every object has a property of its name', () => {
  const fields: ServingContract['fields'] = [
    { name: 'constructor', type: 'number', required: false },
    { name: '__proto__', type: 'string', required: false, values: ['x'] },
  ];
  for (const text of ['{"input": {"a": 1}}', '{"input": {"a": "\\n"}}']) {
    const { result, values } = decode(text, { ...loanContract(), fields });
    expect(result).toBe('');
    expect(values.constructor).toBeNaN();
  }
});

describe('an application is refused, naming field, value and rule,', () => {
  const deep = `{"input":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
  const deeper = `{"input":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;

  test.each<[string, unknown, string, string | undefined, string]>([
    ['that is not JSON', 'Gender=Male', 'not_json', undefined, 'the record is not JSON'],
    ['that is empty', '', 'not_json', undefined, 'the record is not JSON'],
    ['that is cut off', '{"input": {"Gender"', 'not_json', undefined, 'the record is not JSON'],
    ['that is not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'not_json', undefined, 'the record is not UTF-8'],
    ['with a bare NaN as a key', '{"input": {NaN: 1}}', 'not_json', undefined, 'the record is not JSON'],
    ['with a bare NaN in a word', '{"input": {"a": 1NaN}}', 'not_json', undefined, 'the record is not JSON'],
    ['that is a number', '7', 'invalid_envelope', undefined, 'the record must be a JSON object'],
    ['that is an array', '[]', 'invalid_envelope', undefined, 'the record must be a JSON object'],
    [
      'without input',
      { request_id: '1' },
      'invalid_envelope',
      'input',
      'input is missing: it must be an object',
    ],
    ['whose input is a text', { input: 'x' }, 'invalid_envelope', 'input', 'input must be an object'],
    ['whose input is nested deeply', deep, 'invalid_envelope', 'input', 'input must be an object'],
    ...[
      ['whose input is nested without end', deeper],
      ['with an array opened without end', '['.repeat(MAXIMUM_BYTES)],
      ['with more keys than bytes / 32', `{"input":{${'"":1,'.repeat(20_000)}"":1}}`],
      ['with more objects than bytes / 32', `[${'{},'.repeat(20_000)}{}]`],
    ].map<[string, string, string, undefined, string]>(([what = '', payload = '']) => [
      what,
      payload,
      'invalid_envelope',
      undefined,
      'the record has more than 8192 texts, objects and arrays',
    ]),
    [
      'that says two incomes',
      '{"input": {"ApplicantIncome": 1000, "ApplicantIncome": 9000}, "request_id": "7"}',
      'invalid_envelope',
      'ApplicantIncome',
      'input has the key "ApplicantIncome" more than once: give each key once',
    ],
    [
      'that says an income twice beside a bare NaN',
      '{"input": {"ApplicantIncome": 1, "LoanAmount": NaN, "ApplicantIncome": 1}}',
      'invalid_envelope',
      'ApplicantIncome',
      'input has the key "ApplicantIncome" more than once: give each key once',
    ],
    [
      'with a long key given twice',
      `{"input": {"${'k'.repeat(65)}": 1, "${'k'.repeat(65)}": 2}}`,
      'invalid_envelope',
      undefined,
      `input has the key "${'k'.repeat(64)}"… more than once: give each key once`,
    ],
    [
      'whose request id is an object',
      { input: EXAMPLE_INPUT, request_id: {} },
      'invalid_envelope',
      'request_id',
      'request_id is an object: it must be a text of at most 256 characters or a whole number below 2^53',
    ],
    [
      'whose request id has lost digits',
      '{"input": {"ApplicantIncome": 1}, "request_id": 12345678901234567890}',
      'invalid_envelope',
      'request_id',
      'request_id is 12345678901234567000: it must be a text of at most 256 characters or a whole number below 2^53',
    ],
  ])('%s', (_, payload, code, field, message) => {
    const { rejection } = decode(payload).result as DecodeFailure;
    expect(rejection).toEqual({ code, message, ...(field === undefined ? {} : { field }) });
  });

  test.each([
    ['a text', { request_id: 'abc' }, 'abc'],
    ['a whole number, with an input that is no object', { request_id: 12, input: 7 }, '12'],
    ['an unusable id', { request_id: {} }, ''],
    ['no id', {}, ''],
  ])('without a valid input, with %s, keeps a usable request id', (_, payload, requestId) => {
    const { rejection, requestId: kept } = decode(payload).result as DecodeFailure;
    expect(rejection).toMatchObject({ code: 'invalid_envelope', field: 'input' });
    expect(kept).toBe(requestId);
    expect(peekRequestId(Buffer.from(JSON.stringify(payload)), 1_000)).toBe(requestId);
  });

  test.each([
    ['is kept, if another key is given twice', '{"input": {"a": 1, "a": 2}, "request_id": "7"}', '7'],
    ['is not kept, if there are two', '{"input": {}, "request_id": "7", "request_id": "8"}', ''],
  ])('and its request id %s', (_, payload, requestId) => {
    expect(decode(payload).result).toMatchObject({ requestId });
    expect(peekRequestId(Buffer.from(payload), 1_000)).toBe(requestId);
  });

  test('whose request id is too long for a partition key', () => {
    const { rejection } = decode({ input: EXAMPLE_INPUT, request_id: 'x'.repeat(257) })
      .result as DecodeFailure;
    expect(rejection).toMatchObject({ code: 'invalid_envelope', field: 'request_id' });
    expect(rejection.message).toContain(`"${'x'.repeat(64)}"…`);
  });

  test('that has 2 MB, unread', () => {
    const { rejection } = decode(Buffer.alloc(2_000_000, '{')).result as DecodeFailure;
    expect(rejection).toEqual({
      code: 'too_large',
      message: 'the record has 2000000 bytes: it must have at most 262144',
    });
  });

  const range = 'it must be a number from 0 to 10000000';
  const genders = 'it must be one of "Female", "Male"';
  test.each<[string, Record<string, unknown>, string, string, string]>([
    [
      'a text for a number',
      { ApplicantIncome: 'much' },
      'wrong_type',
      'ApplicantIncome',
      `ApplicantIncome is "much": ${range}`,
    ],
    [
      'a boolean for a number',
      { ApplicantIncome: true },
      'wrong_type',
      'ApplicantIncome',
      `ApplicantIncome is true: ${range}`,
    ],
    [
      'an array for a number',
      { ApplicantIncome: [1] },
      'wrong_type',
      'ApplicantIncome',
      `ApplicantIncome is an array: ${range}`,
    ],
    [
      'an object for a category',
      { Gender: { a: 1 } },
      'wrong_type',
      'Gender',
      `Gender is an object: ${genders}`,
    ],
    ['a boolean for a category', { Gender: false }, 'wrong_type', 'Gender', `Gender is false: ${genders}`],
    [
      'a hexadecimal text',
      { ApplicantIncome: '0x10' },
      'wrong_type',
      'ApplicantIncome',
      `ApplicantIncome is "0x10": ${range}`,
    ],
    [
      'Infinity as a text',
      { ApplicantIncome: 'Infinity' },
      'wrong_type',
      'ApplicantIncome',
      `ApplicantIncome is "Infinity": ${range}`,
    ],
    [
      'a number of 65 characters as a text',
      { ApplicantIncome: '5'.padStart(65, '0') },
      'wrong_type',
      'ApplicantIncome',
      `ApplicantIncome is a text of 65 characters: ${range}, in at most 64 characters`,
    ],
    ...['+', '.', '-.', 'e5', '5e', '5e+', '1.2.3', '--5', ' 5', '5 ', '1,5', '٣', 'NaN5'].map<
      [string, Record<string, unknown>, string, string, string]
    >((text) => [
      `the text ${JSON.stringify(text)} for a number`,
      { ApplicantIncome: text },
      'wrong_type',
      'ApplicantIncome',
      `ApplicantIncome is ${JSON.stringify(text)}: ${range}`,
    ]),
    [
      'an unknown category',
      { Gender: 'Femal' },
      'unknown_category',
      'Gender',
      `Gender is "Femal": ${genders}`,
    ],
    [
      'a category in another case',
      { Gender: 'male' },
      'unknown_category',
      'Gender',
      `Gender is "male": ${genders}`,
    ],
    [
      'a negative income',
      { ApplicantIncome: -1 },
      'out_of_range',
      'ApplicantIncome',
      `ApplicantIncome is -1: ${range}`,
    ],
    [
      'a negative income as a text',
      { ApplicantIncome: '-1' },
      'out_of_range',
      'ApplicantIncome',
      `ApplicantIncome is "-1": ${range}`,
    ],
    [
      'a credit history of 2',
      { Credit_History: 2 },
      'out_of_range',
      'Credit_History',
      'Credit_History is 2: it must be a number from 0 to 1',
    ],
  ])('with %s', (_, change, code, field, message) => {
    expect((decodeInput(change).result as DecodeFailure).rejection).toEqual({ code, field, message });
  });

  test('with a number beyond all numbers', () => {
    const { rejection } = decode('{"input": {"ApplicantIncome": 1e999}}').result as DecodeFailure;
    expect(rejection).toEqual({
      code: 'out_of_range',
      field: 'ApplicantIncome',
      message: `ApplicantIncome is Infinity: ${range}`,
    });
  });

  test('with a number that no float32 holds, where the contract has no bounds', () => {
    const contract: ServingContract = {
      ...loanContract(),
      fields: [{ name: 'x', type: 'number', required: false }],
    };
    const { rejection } = decode({ input: { x: 1e300 } }, contract).result as DecodeFailure;
    expect(rejection).toMatchObject({
      code: 'out_of_range',
      message: 'x is 1e+300: it must be a finite number',
    });
  });

  test('without a required value', () => {
    const { rejection } = decodeInput({ ApplicantIncome: null }).result as DecodeFailure;
    expect(rejection).toEqual({
      code: 'missing_field',
      field: 'ApplicantIncome',
      message: 'ApplicantIncome is missing: it is required and must be a number from 0 to 10000000',
    });
  });

  test('with a value that would break a log line, escaped and truncated', () => {
    const { rejection } = decodeInput({ Gender: `a\n"${'é'.repeat(5_000)}` }).result as DecodeFailure;
    expect(rejection.message).toContain('a\\n\\"é');
    expect(rejection.message.length).toBeLessThan(200);
  });

  test('and its request id is kept', () => {
    const { result } = decode({ input: { ...EXAMPLE_INPUT, Gender: 'x' }, request_id: 9 });
    expect(result).toMatchObject({ requestId: '9' });
  });
});

describe('whatever arrives', () => {
  const isResult = (result: string | DecodeFailure): boolean =>
    typeof result === 'string' || result.rejection.code in REJECTION_CODES;

  test('bytes give an id or a typed rejection', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isResult(decode(bytes).result)));
  });

  test('JSON gives an id or a typed rejection', () => {
    fc.assert(fc.property(fc.json(), (text) => isResult(decode(text).result)));
  });

  test('values of any kind give an id or a rejection of the field they are in', () => {
    const inputs = fc.record(Object.fromEntries(LOAN_FIELDS.map(({ name }) => [name, fc.jsonValue()])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(inputs, (input) => {
        const { result } = decode({ input });
        return (
          isResult(result) &&
          (typeof result === 'string' ||
            Object.hasOwn({ ...input, ApplicantIncome: 0 }, result.rejection.field ?? ''))
        );
      }),
    );
  });

  test('a valid application reaches the columns as it was sent', () => {
    const inputs = fc.record(
      Object.fromEntries(
        LOAN_FIELDS.map((field) => [
          field.name,
          field.type === 'string'
            ? fc.constantFrom(...field.values)
            : fc.double({ min: field.minimum ?? 0, max: field.maximum ?? 1, noNaN: true }).map(Math.fround),
        ]),
      ),
    );
    fc.assert(
      fc.property(inputs, (input) => {
        // Rounding to float32 may exceed the maximum.
        fc.pre((input.Credit_History as number) <= 1);
        expect(decode({ input }).values).toEqual(JSON.parse(JSON.stringify(input)));
      }),
    );
  });
});
