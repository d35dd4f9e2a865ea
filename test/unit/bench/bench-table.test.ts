import { expect, test } from '@jest/globals';
import { type BenchRow, benchTable } from '../../bench/bench-table.ts';

const row = (what: string, value: number, change: Partial<BenchRow> = {}): BenchRow => ({
  group: 'stream',
  what,
  value,
  unit: 'records per CPU-second',
  ...change,
});
const cellsOf = (table: string) =>
  table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test('shows the ratio of each row to the first row of its group', () => {
  const [, , first, second] = cellsOf(benchTable([row('ours', 1_000), row('theirs', 500)]));
  expect(first?.slice(0, 5)).toEqual(['stream', 'ours', '1,000', 'records per CPU-second', '1.00 ×']);
  expect(second?.slice(0, 5)).toEqual(['stream', 'theirs', '500', 'records per CPU-second', '0.50 ×']);
});

test('has no columns for a comparison if nothing was compared', () => {
  expect(benchTable([row('ours', 1)])).not.toContain('before');
});

test('shows the value before and the ratio to it, and empty cells for a row that was not compared', () => {
  const [names, rules, first, second] = cellsOf(
    benchTable([row('ours', 1_400, { before: 1_000 }), row('theirs', 700)]),
  );
  expect(names).toEqual(['what', 'who', 'value', 'unit', 'before', 'ratio to before', 'beside', '']);
  expect(rules).toHaveLength(8);
  expect(first?.slice(2, 7)).toEqual(['1,400', 'records per CPU-second', '1,000', '1.40 ×', '1.00 ×']);
  expect(second?.slice(2, 7)).toEqual(['700', 'records per CPU-second', '', '', '0.50 ×']);
});

test('says that a value was not measured', () => {
  expect(benchTable([row('absent', Number.NaN, { unit: 'no taskset' })])).toContain(
    '| not measured | no taskset |',
  );
});
