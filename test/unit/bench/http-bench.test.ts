import { expect, test } from '@jest/globals';
import type { BenchRun } from '../../bench/bench-case.ts';
import { httpBench, measureHttp } from '../../bench/http-bench.ts';
import type { Peer } from '../../bench/http-peers.ts';
import type { Tree } from '../../bench/tree.ts';

const BEFORE: Tree = { root: '/before', revision: 'abc' };

/** Measures with servers of which the service before has half the rate. */
async function measure(run: BenchRun) {
  const started: string[] = [];
  const start = async (name: string) => {
    started.push(name);
    return { name, server: { pid: 1, stop: async () => {} } } as unknown as Peer;
  };
  const rows = await measureHttp(
    { rounds: 1, ...run },
    {
      startEcho: () => start('echo'),
      startService: ({ revision }) => start(revision ?? 'service'),
      pythonPeers: [
        ['MLServer', () => start('MLServer')],
        ['absent', () => Promise.reject(new Error('absent is not installed\nat once'))],
      ],
      load: async ({ name }) => ({
        requestsPerSecond: name === 'abc' ? 50 : 100,
        cpuMicroseconds: name === 'abc' ? 20_000 : 10_000,
        p99Milliseconds: 1,
      }),
    },
  );
  return { started, rows: rows.map(({ group, what }) => `${group.split(',')[0]}: ${what}`), all: rows };
}

test('starts only the servers of the wanted rows', async () => {
  const { started, rows } = await measure({ only: ['express echo', '8 connections'] });
  expect(started).toEqual(['echo']);
  expect(rows).toEqual(['HTTP: express echo', 'HTTP CPU: express echo']);
});

test('has only the rows of the wanted group', async () => {
  const { rows } = await measure({ only: ['HTTP CPU, 8'] });
  expect(rows).toEqual([
    'HTTP CPU: this service',
    'HTTP CPU: express echo',
    'HTTP CPU: MLServer',
    'HTTP CPU: absent',
  ]);
});

test('starts nothing if no row is wanted', async () => {
  expect(await measure({ only: ['nomatch'] })).toEqual({ started: [], rows: [], all: [] });
});

test('measures the service before beside the service, and no other server twice', async () => {
  const { started, all } = await measure({ before: BEFORE, only: ['8 connections'] });
  expect(started).toEqual(['service', 'abc', 'echo', 'MLServer']);
  const values = all.map(({ what, value, before }) => [what, value, before]);
  expect(values.slice(0, 2)).toEqual([
    ['this service', 100, 50],
    ['express echo', 100, undefined],
  ]);
});

test('gives the reason for a server that cannot start here', async () => {
  const { all } = await measure({ only: ['absent'] });
  expect(all.map(({ value, unit }) => [value, unit])).toEqual([
    [Number.NaN, 'absent is not installed'],
    [Number.NaN, 'absent is not installed'],
  ]);
});

test('knows the names of its rows before it measures', () => {
  const names = httpBench.rows?.() ?? [];
  expect(names).toHaveLength(14);
  expect(names).toContainEqual({ group: 'HTTP CPU, 8 connections, one core', what: 'MLServer' });
  expect(names).not.toContainEqual({ group: 'HTTP, 64 connections, one core', what: 'MLServer' });
});
