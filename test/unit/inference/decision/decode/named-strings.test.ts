import { afterEach, expect, jest, test } from '@jest/globals';
import { KnownText } from '../../../../../services/inference/decision/decode/known-text.ts';
import { NamedStrings } from '../../../../../services/inference/decision/decode/named-strings.ts';
import { loadRecord } from '../../../../../services/inference/decision/decode/record-bytes.ts';

/** With 10,000 strings in 32,768 buckets, chance puts no more than these in one. */
const LONGEST_BUCKET = 8;

afterEach(() => {
  jest.restoreAllMocks();
});

function numbered(count: number, digits: number, text: (number: string) => string): string[] {
  return Array.from({ length: count }, (_, index) => text(String(index).padStart(digits, '0')));
}

test.each([
  ['that share start, middle and end', numbered(10_000, 5, (n) => `ZIP ${n} - Federal Republic of Germany`)],
  ['that differ before the middle', numbered(10_000, 6, (n) => `NL${n}BANK0000`)],
  ['that differ at the end', numbered(10_000, 1, (n) => `branch_${n}`)],
  ['that differ at the start', numbered(10_000, 1, (n) => `${n} articles and services`)],
  ['of fields', numbered(1_000, 4, (n) => `applicant_${n}_monthly_income_amount`)],
  ['that are short', numbered(1_000, 1, (n) => n)],
])('each of many strings %s is found after few comparisons', (_, texts) => {
  const strings = new NamedStrings(texts.map((text) => [text, text]));
  const compare = jest.spyOn(KnownText.prototype, 'isAt');
  let most = 0;
  for (const text of texts) {
    loadRecord(Buffer.from(`"${text}"`));
    compare.mockClear();
    expect(strings.find(0)?.value).toBe(text);
    most = Math.max(most, compare.mock.calls.length);
  }
  expect(most).toBeLessThanOrEqual(LONGEST_BUCKET);
});
