import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import {
  benchCaption,
  benchConditions,
  benchPage,
  benchText,
  publishedChart,
} from '../../bench/bench-page.ts';
import type { BenchReport } from '../../bench/bench-report.ts';
import { readPublished } from '../../bench/published-reports.ts';

const REPORT: BenchReport = {
  date: '2026-11-28',
  machine: '2 × CPU',
  conditions: ['Nothing was pinned.', 'It rained.'],
  rows: [{ group: 'stream', what: 'ours', value: 1, unit: 'ms' }],
};
const PUBLISHED = `${repositoryRoot}/docs/reference`;

const textOn = (sharedCore: number | undefined, clientCore: number | undefined) =>
  benchConditions({ sharedCore, clientCore }).join('\n');

test('says what the streams speak, and which processes shared a core', () => {
  const text = textOn(0, 1);
  expect(text).toContain('plain HTTP, except in the row "over TLS"');
  expect(text).toContain('shared one core');
  expect(text).toContain('An HTTP server had a core of its own, and its client had another core.');
});

test('says that an HTTP server shared its core with the client if no other core was allowed', () => {
  const text = textOn(1, undefined);
  expect(text).toContain('An HTTP server and its client shared that core');
  expect(text).not.toContain('of its own');
});

test('speaks of no core if taskset is not there', () => {
  const text = textOn(undefined, undefined);
  expect(text).toContain('No process was pinned to a core');
  expect(text).not.toMatch(/shared|of its own/);
});

test('has the conditions below date and machine', () => {
  expect(benchText(REPORT)).toContain('\n\n2026-11-28, 2 × CPU\n\nNothing was pinned.\nIt rained.');
});

test('names the revision of a comparison below the table', () => {
  expect(benchCaption(REPORT)).toBe('2026-11-28, 2 × CPU');
  expect(benchCaption({ ...REPORT, before: 'abc' })).toBe('2026-11-28, 2 × CPU, before: revision abc');
});

test('publishes one table for benchmarks of one run, and another table for another day', () => {
  const older = {
    ...REPORT,
    date: '2026-11-01',
    rows: [{ ...REPORT.rows[0], group: 'idle' }],
  } as BenchReport;
  const page = benchPage({ stream: REPORT, idle: older, http: { ...REPORT, rows: [] } });
  expect(page.match(/^## .*/gm)).toEqual(['## stream, http', '## idle']);
  const [, first, second] = page.split('## ');
  expect(first).toMatch(/\| stream \|.*\n\n2026-11-28,/);
  expect(second).toMatch(/\| idle \|.*\n\n2026-11-01,/);
});

test('draws the rows of all runs, with one date only if they have one', () => {
  const row = REPORT.rows[0] as BenchReport['rows'][number];
  const report = { ...REPORT, rows: [row, { ...row, what: 'theirs' }] };
  expect(publishedChart({ stream: report, idle: report })).toContain('>2026-11-28, 2 × CPU<');
  const picture = publishedChart({ stream: report, idle: { ...report, date: '2026-11-01' } });
  expect(picture).toContain('>The page has the day and machine of each group.<');
});

test('the published page and its picture are those of the published values', () => {
  const published = readPublished(`${PUBLISHED}/benchmarks.json`);
  expect(readFileSync(`${PUBLISHED}/benchmarks.md`, 'utf8')).toBe(benchPage(published));
  expect(readFileSync(`${PUBLISHED}/benchmarks.svg`, 'utf8')).toBe(publishedChart(published));
});
