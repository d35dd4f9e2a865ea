import { expect, test } from '@jest/globals';
import { type BenchCase, measureCases } from '../../bench/bench-case.ts';
import { THIS_TREE, type Tree } from '../../bench/tree.ts';

const BEFORE: Tree = { root: '/before', revision: 'abc' };

/** Costs 10 in this tree and 14 in the tree before, plus the number of the call. */
function benchCase(what: string, calls: string[], change: Partial<BenchCase> = {}): BenchCase {
  return {
    group: 'stream',
    what,
    unit: 'µs',
    measure: async (tree) => calls.push(`${what} ${tree.revision ?? 'now'}`) + (tree === BEFORE ? 14 : 10),
    ...change,
  };
}

test('lets cases and trees take turns, and keeps the least cost of each', async () => {
  const calls: string[] = [];
  const rows = await measureCases([benchCase('a', calls), benchCase('b', calls)], {
    before: BEFORE,
    rounds: 2,
  });
  const round = ['a now', 'a abc', 'b now', 'b abc'];
  expect(calls).toEqual([...round, ...round]);
  expect(rows).toEqual([
    { group: 'stream', what: 'a', unit: 'µs', value: 11, before: 16 },
    { group: 'stream', what: 'b', unit: 'µs', value: 13, before: 18 },
  ]);
});

test('measures peers only once a round, because no revision changes them', async () => {
  const calls: string[] = [];
  const rows = await measureCases([benchCase('SDK', calls, { changes: false })], {
    before: BEFORE,
    rounds: 1,
  });
  expect(calls).toEqual(['SDK now']);
  expect(rows).toEqual([{ group: 'stream', what: 'SDK', unit: 'µs', value: 11 }]);
});

test('measures only this tree if there is no tree before', async () => {
  const calls: string[] = [];
  const [row] = await measureCases([benchCase('a', calls)], { rounds: 1 });
  expect(calls).toEqual(['a now']);
  expect(row).not.toHaveProperty('before');
});

test('shows the value of the least cost', async () => {
  const rate = benchCase('a', [], {
    measure: async (tree) => (tree === THIS_TREE ? 2 : 4),
    value: (cost) => 8 / cost,
  });
  const [row] = await measureCases([rate], { before: BEFORE });
  expect(row).toMatchObject({ value: 4, before: 2 });
});

test('measures only the rows whose group or name contains each wanted text', async () => {
  const calls: string[] = [];
  const cases = [benchCase('lean client', calls), benchCase('SDK', calls)];
  await measureCases(cases, { rounds: 1, only: ['stre', 'lean'] });
  expect(calls).toEqual(['lean client now']);
});
