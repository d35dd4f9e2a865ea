import { expect, test } from '@jest/globals';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { FrontSamples, type SampleRun } from '../../../../services/inference/model/front-samples.ts';
import type { ContractRow, Field } from '../../../../services/shared/contract/serving-contract.ts';
import { loanContract } from '../../../support/model/loan-model.ts';

const WORDS = Array.from({ length: 700 }, (_, at) => `w${at}`);
const FIELDS: readonly Field[] = [
  { name: 'word', type: 'string', required: false, values: WORDS },
  { name: 'plan', type: 'string', required: true, values: ['basic', 'pro'] },
  { name: 'age', type: 'number', required: false, minimum: 18, maximum: 99 },
  { name: 'rate', type: 'number', required: true, levels: [1, 2, 3] },
];
const CONTRACT = {
  ...loanContract(),
  schemaVersion: 2,
  encoding: { input: 'm', missingCategory: 'code' },
  fields: FIELDS,
  golden: [{ input: { word: 'w9', plan: 'pro', age: 40, rate: 2 }, probability: 0.5 }],
} as const;

function sampled<T>(read: (run: SampleRun, samples: FrontSamples) => T): T[] {
  const samples = new FrontSamples(CONTRACT);
  // A run is read before the next run overwrites its rows.
  return Array.from(samples.runs(), (run) => read(run, samples));
}

function rowsOf({ start, rows }: SampleRun, samples: FrontSamples): ContractRow[] {
  return Array.from({ length: rows }, (_, at) =>
    Object.fromEntries(FIELDS.map(({ name }, index) => [name, samples.value(start + at, index)])),
  );
}

test('the samples are the golden rows, then each value of each field, and a missing value if the field may be missing', () => {
  const rows = sampled(rowsOf).flat();
  expect(rows).toHaveLength(1 + 1 + WORDS.length);
  expect(rows.slice(0, 6)).toEqual([
    { word: 'w9', plan: 'pro', age: 40, rate: 2 },
    { word: null, plan: 'basic', age: null, rate: 1 },
    { word: 'w0', plan: 'pro', age: 18, rate: 2 },
    { word: 'w1', plan: 'pro', age: 99, rate: 3 },
    { word: 'w2', plan: 'pro', age: 99, rate: 3 },
    { word: 'w3', plan: 'pro', age: 99, rate: 3 },
  ]);
  expect(rows.at(-1)).toEqual({ word: 'w699', plan: 'pro', age: 99, rate: 3 });
});

test('each run has the columns and the matrix of its rows', () => {
  sampled((run, samples) => {
    const rows = rowsOf(run, samples);
    const columns = FeatureColumns.fromRows({ fields: FIELDS }, rows);
    expect(run.columns.slice(0, run.rows)).toEqual(columns);
    expect(run.matrix).toEqual(FeatureColumns.fromRows(CONTRACT, rows).matrix);
  });
});

test('the runs have at most 256 rows, and share their memory', () => {
  const runs = sampled((run) => run);
  expect(runs.map(({ rows }) => rows)).toEqual([256, 256, 190]);
  expect(new Set(runs.map(({ columns }) => columns)).size).toBe(1);
  expect(new Set(runs.map(({ matrix }) => matrix.buffer)).size).toBe(1);
});
