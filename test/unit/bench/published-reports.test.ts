import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BenchReport } from '../../bench/bench-report.ts';
import { mergePublished, readPublished } from '../../bench/published-reports.ts';

const report = (date: string, value = 1): BenchReport => ({
  date,
  machine: '2 × CPU',
  before: 'abc',
  conditions: ['Nothing was pinned.'],
  rows: [{ group: 'stream', what: 'ours', value, unit: 'ms', before: value }],
});
const KNOWN = ['decision', 'stream', 'idle'];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/published-`);
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(text: string) {
  writeFileSync(`${directory}/benchmarks.json`, text);
  return readPublished(`${directory}/benchmarks.json`);
}

test('keeps the reports of benchmarks that a run did not measure', () => {
  const [old, now] = [report('2026-11-01'), report('2026-11-28')];
  const merged = mergePublished({ stream: old, decision: old }, { idle: now, stream: now }, KNOWN);
  expect(merged).toEqual({ decision: old, stream: now, idle: now });
  expect(Object.keys(merged)).toEqual(KNOWN);
});

test('drops the report of a benchmark that is no more', () => {
  expect(mergePublished({ gone: report('2026-11-01') }, {}, KNOWN)).toEqual({});
});

test.each([1.5, Number.NaN])('reads the value %d as it was written', (value) => {
  const reports = { stream: report('2026-11-28', value) };
  expect(read(JSON.stringify(reports))).toEqual(reports);
});

test.each(['', '{"stream": {}}', '[]'])('names the file if it holds %j', (text) => {
  expect(() => read(text)).toThrow(`--publish: cannot read ${directory}/benchmarks.json`);
});
