import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ApplicationDecoder } from '../../../../../services/inference/decision/decode/application-decoder.ts';
import type { Column } from '../../../../../services/inference/model/feature-cell.ts';
import type { ServingContract } from '../../../../../services/shared/contract/serving-contract.ts';

interface Case {
  readonly record: string;
  readonly expected: unknown;
}

/** `loan-training score` reads the same table in its tests, so both runtimes validate alike. */
const [contractLine = '', ...caseLines] = readFileSync(
  new URL('../../../../../jobs/training/tests/scoring/record-cases.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n');
const contract = JSON.parse(contractLine) as ServingContract;
const cases = caseLines.map((line) => JSON.parse(line) as Case);

const decoder = new ApplicationDecoder(contract, { maximumBytes: 262_144 });
const features = decoder.columns(1);

function decoded(record: string): unknown {
  const result = decoder.decodeBody(Buffer.from(record), features, 0);
  if (typeof result !== 'string') return { id: result.requestId, rejection: result.rejection };
  return { id: result, row: features.columns.map((column: Column) => column[0]) };
}

test('the table has invalid records of every code that a field or an envelope may have', () => {
  const text = JSON.stringify(cases);
  for (const code of [
    'not_json',
    'invalid_envelope',
    'missing_field',
    'wrong_type',
    'unknown_category',
    'out_of_range',
  ]) {
    expect(text).toContain(`"code":"${code}"`);
  }
});

test('every record of the table that Python reads too has the expected row or rejection', () => {
  // As JSON, a missing number is null.
  for (const { record, expected } of cases) {
    expect({ record, expected: JSON.parse(JSON.stringify(decoded(record))) }).toEqual({ record, expected });
  }
});
