import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { NamedStrings } from '../../../../../services/inference/decision/decode/named-strings.ts';
import { SCANNED_BYTES } from '../../../../../services/inference/decision/decode/record-bytes.ts';
import type {
  Field,
  MatrixEncoding,
  ServingContract,
} from '../../../../../services/shared/contract/serving-contract.ts';
import { DecoderPair } from '../../../../support/model/decoder-pair.ts';
import { MANY_VALUES, ODD_FIELDS, RECORDS } from '../../../../support/model/generated-records.ts';
import { EXAMPLE_INPUT, loanContract } from '../../../../support/model/loan-model.ts';
import { propertyCases } from '../../../../support/property-cases.ts';

function contractOf(
  fields: readonly Field[],
  missingCategory?: MatrixEncoding['missingCategory'],
): ServingContract {
  const contract = { ...loanContract(), fields };
  if (missingCategory === undefined) return contract;
  return { ...contract, schemaVersion: 2, encoding: { input: 'matrix', missingCategory } };
}

const loan = new DecoderPair(contractOf(loanContract().fields));
const pairs = [
  loan,
  new DecoderPair(contractOf(loanContract().fields, 'nan')),
  new DecoderPair(contractOf(ODD_FIELDS)),
  new DecoderPair(contractOf(ODD_FIELDS, 'code')),
];

function compareAll(data: Uint8Array): void {
  for (const pair of pairs) pair.compare(data);
}

/** Numbers that a double of 15 digits does not hold. */
function longNumbers(count: number): string {
  return Array.from({ length: count }, (_, index) => `"n${index}":0.${index + 1}234567890123456`).join();
}

/** Keys of `length` characters that differ in the last two. */
function alikeKeys(count: number, length: number): string {
  return Array.from(
    { length: count },
    (_, index) => `"${'k'.repeat(length - 2)}${String(index).padStart(2, '0')}":1`,
  ).join();
}

const EXAMPLE = JSON.stringify({ input: EXAMPLE_INPUT, request_id: '12345' });

describe('the scanner decodes by itself', () => {
  test.each([
    ['a record as JavaScript writes it', EXAMPLE],
    ['a record as Python writes it', EXAMPLE.replaceAll(/([,:])(?=["{\d])/g, '$1 ')],
    ['a record of many lines', JSON.stringify(JSON.parse(EXAMPLE), undefined, '\t').replaceAll('\n', '\r\n')],
    ['its request id first', '{"request_id":"7","input":{"ApplicantIncome":1}}'],
    ['a request id that is a whole number', '{"input":{"ApplicantIncome":1},"request_id":123456789012345}'],
    ['texts that are not ASCII', '{"é":"é","input":{"ApplicantIncome":1,"名":"名"},"request_id":"\ufeff😀"}'],
    ['no request id', '{"input":{"ApplicantIncome":1}}'],
    ['a request id of null', '{"input":{"ApplicantIncome":1},"request_id":null}'],
    ['missing values', '{"input":{"Gender":"","LoanAmount":NaN,"Married":null,"ApplicantIncome":1}}'],
    ['numbers as texts', '{"input":{"Dependents":"2","ApplicantIncome":"+1.5e3"}}'],
    ['categories as numbers', '{"input":{"Dependents":3,"ApplicantIncome":1}}'],
    ['long numbers', '{"input":{"ApplicantIncome":0.12345678901234567,"LoanAmount":1.5E+2}}'],
    ['fields in another order', '{"input":{"LoanAmount":1,"Gender":"Male","ApplicantIncome":1}}'],
    ['long texts that are not ASCII', `{"input":{"ApplicantIncome":1,"a":"${'später, '.repeat(400)}"}}`],
    ['some doubles of 17 digits', `{"input":{"ApplicantIncome":1,${longNumbers(4)}}}`],
    ['a number of 24 bytes', '{"input":{"ApplicantIncome":1,"a":-2.2250738585072014e-308}}'],
    ['a record of 60 indented lines', `{"input":{${'\n        '.repeat(60)}"ApplicantIncome":1}}`],
    ['keys that are alike and nobody reads', `{"input":{"ApplicantIncome":1,${alikeKeys(16, 60)}}}`],
    ['keys that nobody reads', '{"v":1.5,"input":{"ApplicantIncome":1,"a":"b","c":true,"d":null},"w":false}'],
  ])('%s', (_, text) => {
    const data = Buffer.from(text);
    expect(loan.scans(data)).toBe(true);
    compareAll(data);
  });

  test('a category of a field with more values than are compiled', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => `ZIP ${index} - Federal Republic`);
    const many = new DecoderPair(
      contractOf([
        {
          name: 'zip',
          type: 'string',
          required: false,
          values,
          aliases: { old: 'ZIP 7 - Federal Republic' },
        },
      ]),
    );
    const find = jest.spyOn(NamedStrings.prototype, 'find');
    for (const zip of ['"ZIP 9999 - Federal Republic"', '"old"', '""', 'null']) {
      const data = Buffer.from(`{"input":{"zip":${zip}}}`);
      expect(many.scans(data)).toBe(true);
      many.compare(data);
    }
    expect(find).not.toHaveBeenCalled();
    find.mockRestore();
    many.compare(Buffer.from('{"input":{"zip":"ZIP 10000 - Federal Republic"}}'));
  });

  test('a key and a category that are not ASCII', () => {
    const odd = new DecoderPair(contractOf(ODD_FIELDS, 'nan'));
    const data = Buffer.from('{"input":{"Größe":1,"a":"Ünï","ab":2}}');
    expect(odd.scans(data)).toBe(true);
    odd.compare(data);
  });
});

describe('the scanner leaves to the plain path', () => {
  test.each([
    ['an escape in a key', '{"input":{"\\u0041pplicantIncome":1}}'],
    ['an escape in a value', '{"input":{"ApplicantIncome":1,"a":"\\n"}}'],
    ['an escape in a request id', '{"input":{"ApplicantIncome":1},"request_id":"\\""}'],
    ['a request id of 257 characters', `{"input":{"ApplicantIncome":1},"request_id":"${'x'.repeat(257)}"}`],
    ['a request id of 16 digits', '{"input":{"ApplicantIncome":1},"request_id":1234567890123456}'],
    ['a request id that is negative', '{"input":{"ApplicantIncome":1},"request_id":-0}'],
    ['a request id with decimals', '{"input":{"ApplicantIncome":1},"request_id":1.0}'],
    ['a request id given twice', '{"request_id":"","input":{"ApplicantIncome":1},"request_id":"7"}'],
    ['an input given twice', '{"input":{"ApplicantIncome":1},"input":{"ApplicantIncome":2}}'],
    ['a field given twice', '{"input":{"ApplicantIncome":1,"ApplicantIncome":2}}'],
    ['a key that nobody reads given twice', '{"input":{"ApplicantIncome":1,"a":1,"a":1}}'],
    ['such a key of the envelope given twice', '{"a":1,"input":{"ApplicantIncome":1},"a":1}'],
    ['an object that nobody reads', '{"input":{"ApplicantIncome":1},"a":{}}'],
    ['an array that nobody reads', '{"input":{"ApplicantIncome":1,"a":[]}}'],
    ['more keys that nobody reads than it keeps', `{"input":{${MANY_VALUES.map((key) => `"${key}":1`)}}}`],
    [
      'a request id of 129 characters in 258 bytes',
      `{"input":{"ApplicantIncome":1},"request_id":"${'é'.repeat(129)}"}`,
    ],
    ['a number of 25 bytes', '{"input":{"ApplicantIncome":1,"a":-22.2250738585072014e-308}}'],
    ['a number of 3,000 digits', `{"input":{"ApplicantIncome":1,"a":0.${'0'.repeat(3_000)}}}`],
    ['an exponent of 3,000 digits', `{"input":{"ApplicantIncome":1,"a":1e${'0'.repeat(3_000)}}}`],
    ['many doubles of 17 digits', `{"input":{"ApplicantIncome":1,${longNumbers(5)}}}`],
    ['much white space', `{"input":{${'\n'.repeat(600)}"ApplicantIncome":1}}`],
    ['much white space after the record', `{"input":{"ApplicantIncome":1}}${'\t'.repeat(600)}`],
    ['many spaces', `{"input":{"ApplicantIncome":1${' '.repeat(3_000)}}}`],
    ['a long key that nobody reads', `{"input":{"ApplicantIncome":1,${alikeKeys(1, 63)}}}`],
    ['a byte order mark', '\ufeff{"input":{"ApplicantIncome":1}}'],
    ['a value that is refused', '{"input":{"ApplicantIncome":-1}}'],
    ['a required value that is missing', '{"input":{"Gender":"Male"}}'],
    ['an input without fields', '{"input":{}}'],
    ['an input that is an array', '{"input":[]}'],
    ['no input', '{"request_id":"7"}'],
    ['an empty object', '{}'],
    ['features alone', JSON.stringify(EXAMPLE_INPUT)],
    ['nothing', ''],
    ['a comma after the last field', '{"input":{"ApplicantIncome":1,}}'],
    ['a comma after the input', '{"input":{"ApplicantIncome":1},}'],
    ['bytes after the record', '{"input":{"ApplicantIncome":1}}}'],
    ['a zero after the record', '{"input":{"ApplicantIncome":1}}\0'],
    ['a number that starts with zero', '{"input":{"ApplicantIncome":01}}'],
    ['a word that starts with null', '{"input":{"ApplicantIncome":1,"Gender":nullx}}'],
    ['a number beyond all numbers', '{"input":{"ApplicantIncome":1e400}}'],
  ])('%s', (_, text) => {
    const data = Buffer.from(text);
    expect(loan.scans(data)).toBe(false);
    compareAll(data);
  });

  test.each([
    ['an unfinished character', [0xc3]],
    ['a character in more bytes than it needs', [0xc0, 0xaf]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a character beyond all characters', [0xf4, 0x90, 0x80, 0x80]],
  ])('bytes that are not UTF-8: %s', (_, bytes) => {
    const around = (head: string, tail: string) =>
      Buffer.concat([Buffer.from(head), Uint8Array.from(bytes), Buffer.from(tail)]);
    for (const data of [
      around('{"input":{"ApplicantIncome":1},"request_id":"', '"}'),
      around('{"input":{"ApplicantIncome":1,"a":"', '"}}'),
      around('{"input":{"ApplicantIncome":1,"', '":"a"}}'),
    ]) {
      expect(loan.scans(data)).toBe(false);
      compareAll(data);
    }
  });

  test('many numbers that are written as texts', () => {
    const numbers = (count: number) =>
      Array.from({ length: count }, (_, index) => `"value ${index}":"${index}"`);
    const record = (count: number) => Buffer.from(`{"input":{${numbers(count)}}}`);
    const fields = numbers(17).map(
      (_, index) => ({ name: `value ${index}`, type: 'number', required: false }) as const,
    );
    const pair = new DecoderPair(contractOf(fields));
    expect(pair.scans(record(16))).toBe(true);
    expect(pair.scans(record(17))).toBe(false);
    for (const count of [16, 17]) pair.compare(record(count));
  });

  test('a record that is larger than its room', () => {
    const record = (bytes: number) => {
      const text = (value: string) => `{"input":{"ApplicantIncome":1,"a":"${value}"}}`;
      return Buffer.from(text('x'.repeat(bytes - text('').length)));
    };
    expect(loan.scans(record(SCANNED_BYTES))).toBe(true);
    for (const bytes of [SCANNED_BYTES - 1, SCANNED_BYTES, SCANNED_BYTES + 1]) compareAll(record(bytes));
  });

  test('a record above the size limit, and a record with too many parts', () => {
    const small = new DecoderPair(
      contractOf(MANY_VALUES.map((name) => ({ name, type: 'number', required: false }))),
      3_000,
    );
    small.compare(Buffer.from(`{"input":{"value 1":1}}${' '.repeat(2_978)}`));
    small.compare(Buffer.from(`{"input":{"value 1":1}${',"":""'.repeat(492)}}`));
  });
});

describe('the scanner agrees with the plain path', () => {
  const record = Buffer.from(
    '{"input":{"Gender":"Male","a":-0,"ApplicantIncome":1.5e1,"ab":null},"request_id":70}',
  );

  test('at every byte where a record may end', () => {
    for (const text of [EXAMPLE, record.toString()]) {
      const whole = Buffer.from(text);
      for (let end = 0; end <= whole.length; end++) {
        // The whole record goes first, so that its end is still in the room of the scanner.
        compareAll(whole);
        compareAll(whole.subarray(0, end));
      }
    }
  });

  test('whatever byte stands in place of each byte', () => {
    for (let at = 0; at < record.length; at++) {
      const changed = Buffer.from(record);
      for (let byte = 0; byte < 256; byte++) {
        changed[at] = byte;
        pairs[at % pairs.length]?.compare(changed);
      }
    }
  });

  test('about any number', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 25 });
    const written = fc
      .tuple(fc.constantFrom('', '-'), digits, fc.constantFrom('', '.', 'e', 'E-', '.0'), digits)
      .map((parts) => parts.join(''));
    const numbers = fc.oneof(written, fc.double().map(String), fc.integer().map(String));
    fc.assert(
      fc.property(numbers, fc.boolean(), (number, quoted) => {
        const value = quoted ? `"${number}"` : number;
        compareAll(Buffer.from(`{"input":{"ApplicantIncome":${value},"ab":${value}},"request_id":${value}}`));
      }),
      { numRuns: propertyCases(1_000) },
    );
  });

  test('about any record, whole or damaged', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pairs), RECORDS, (pair, data) => pair.compare(data)),
      { numRuns: propertyCases(2_000) },
    );
  });
});
