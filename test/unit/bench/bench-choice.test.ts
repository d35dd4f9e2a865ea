import { expect, test } from '@jest/globals';
import { chooseBenchmarks } from '../../bench/bench-choice.ts';
import type { Benchmark } from '../../bench/benchmark.ts';

const whole: Benchmark = { measure: async () => [] };
const withRows = (group: string, ...names: string[]): Benchmark => ({
  ...whole,
  rows: () => names.map((what) => ({ group, what })),
});
const BENCHMARKS = {
  stream: withRows('4 shards', 'this service', 'SDK'),
  payload: whole,
  http: withRows('8 connections', 'this service', 'echo'),
};
const choose = (names: string[], only: string[] = [], before?: string) =>
  chooseBenchmarks({ names, only, ...(before && { before }) }, BENCHMARKS);

test('takes every benchmark, or those that are named, in the order of the table', () => {
  expect(choose([])).toEqual({ names: ['stream', 'payload', 'http'], notes: [] });
  expect(choose(['http', 'stream'])).toEqual({ names: ['stream', 'http'], notes: [] });
});

test('takes only benchmarks with a row that contains each text', () => {
  expect(choose(['stream', 'http'], ['this service'])).toEqual({ names: ['stream', 'http'], notes: [] });
  expect(choose(['stream', 'http'], ['this service', 'connections']).names).toEqual(['http']);
});

test.each([
  [['stream'], ['8 connections']],
  [['stream'], ['shards', 'echo']],
  [[], ['nomatch']],
])('of the benchmarks %j no row contains %j: it fails and lists the groups', (names, only) => {
  expect(() => choose(names, only)).toThrow(
    `no row contains ${only.map((text) => `"${text}"`).join(' and ')}. Nothing was measured.`,
  );
  expect(() => choose(names, only)).toThrow('\n  4 shards');
});

test('refuses to choose rows of a named benchmark that cannot', () => {
  expect(() => choose(['stream', 'payload'], ['shards'])).toThrow('payload: --only cannot choose rows here.');
});

test('leaves out a benchmark that cannot choose its rows if it was not named, and says so', () => {
  expect(choose([], ['echo'])).toEqual({
    names: ['http'],
    notes: ['payload is left out: --only cannot choose its rows'],
  });
});

test('says which benchmarks ignore the tree before', () => {
  const notes = ['payload measures this tree alone: it ignores --before'];
  expect(choose([], [], 'main').notes).toEqual(notes);
  expect(choose(['payload'], [], 'main')).toEqual({ names: ['payload'], notes });
  expect(choose(['stream'], [], 'main').notes).toEqual([]);
});
