import { expect, test } from '@jest/globals';
import { benchChart } from '../../bench/bench-chart.ts';

const row = (group: string, what: string, value: number, unit = 'ms') => ({ group, what, value, unit });
const widths = (svg: string) =>
  [...svg.matchAll(/<rect[^>]* x="480"[^>]* width="(\d+)"/g)].map(([, w]) => Number(w));

test('draws a bar for each row of a group with something to compare', () => {
  const rows = [row('HTTP', 'ours', 50), row('HTTP', 'theirs', 100), row('alone', 'only', 1)];
  const svg = benchChart(rows, 'today');
  expect(svg).toContain('HTTP: ms');
  expect(svg).not.toContain('alone');
  expect(widths(svg)).toEqual([200, 400]);
});

test('leaves out what was not measured', () => {
  const svg = benchChart(
    [row('HTTP', 'ours', 50), row('HTTP', 'theirs', 100), row('HTTP', 'absent', Number.NaN)],
    '',
  );
  expect(svg).not.toContain('absent');
});

test('shows every bar of values that are far apart, the larger value with the longer bar', () => {
  const [smallest = 0, middle = 0, largest = 0] = widths(
    benchChart([row('g', 'a', 1), row('g', 'b', 1_000), row('g', 'c', 1_000_000)], ''),
  );
  expect(smallest).toBeGreaterThan(20);
  expect(middle).toBeGreaterThan(smallest);
  expect(largest).toBeGreaterThan(middle);
});

test('escapes what a row is called', () => {
  const svg = benchChart([row('a < b', 'x & y', 1), row('a < b', 'z', 2)], '');
  expect(svg).toContain('a &lt; b: ms');
  expect(svg).toContain('x &amp; y');
});

test('draws the value before below its row, with the ratio, even if the group has no other row', () => {
  const svg = benchChart([{ ...row('stream', 'ours', 150), before: 100 }], '');
  expect(widths(svg)).toEqual([400, 267]);
  expect(svg).toContain('ours: 1.50 × before');
  expect(svg.match(/<rect class="[op]"/g)).toEqual(['<rect class="o"', '<rect class="p"']);
});

test('draws no value before that was not measured', () => {
  const svg = benchChart([{ ...row('g', 'a', 1), before: Number.NaN }, row('g', 'b', 1)], '');
  expect(svg).not.toContain('before');
});
