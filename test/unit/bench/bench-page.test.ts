import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { type BenchReport, benchCaption, benchPage, benchText } from '../../bench/bench-page.ts';

const REPORT: BenchReport = {
  date: '2026-11-28',
  machine: '2 × CPU',
  sharedCore: 0,
  rows: [{ group: 'stream', what: 'ours', value: 1, unit: 'ms' }],
};

test('says what the streams speak, and which processes shared a core', () => {
  expect(benchText(REPORT)).toContain('plain HTTP, except in the row "over TLS"');
  expect(benchText(REPORT)).toContain('shared one core');
});

test('says that nothing was pinned if taskset is not there', () => {
  const text = benchText({ ...REPORT, sharedCore: undefined });
  expect(text).toContain('No process was pinned to a core');
  expect(text).not.toContain('shared one core');
});

test('names the revision of a comparison below the table', () => {
  expect(benchCaption(REPORT)).toBe('2026-11-28, 2 × CPU');
  expect(benchCaption({ ...REPORT, before: 'abc' })).toBe('2026-11-28, 2 × CPU, before: revision abc');
});

test('introduces the published page as the next run will', () => {
  const [introduction] = benchPage(REPORT).split('\n| what |');
  expect(readFileSync(`${repositoryRoot}/docs/reference/benchmarks.md`, 'utf8')).toContain(introduction);
});
