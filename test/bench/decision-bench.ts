import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type BenchCase, type BenchRun, isWanted, measureCases } from './bench-case.ts';
import type { BenchRow } from './bench-table.ts';
import type { Benchmark } from './benchmark.ts';
import type { DecisionTrial } from './decision-bench-worker.ts';
import { pinned } from './pinned-command.ts';
import { rowByRow } from './row-by-row.ts';
import { imageNodeOptions, programOf, type Tree, treeEnvironment } from './tree.ts';

type Shape = Omit<DecisionTrial, 'work'>;

interface Decided {
  readonly cpuSeconds: number;
  readonly records: number;
  /** Longest time for which a batch held the event loop, in seconds. */
  readonly holdSeconds: number;
}

/** The first program of a tree also makes the model. */
const PROGRAM_MILLISECONDS = 300_000;
const RATE = 'records per CPU-second';
const USUAL: Shape = { model: 'model', bytes: 300, batchRecords: 256, batches: 600 };
const LARGER: Shape = { ...USUAL, bytes: 3_000, batches: 200 };
const LARGEST: Shape = { ...USUAL, bytes: 250_000, batchRecords: 16, batches: 60 };
/** As many records as a batch of the stream has by default. */
const MANY_TREES: Shape = { ...USUAL, model: 'model-2000-trees', batchRecords: 500, batches: 30 };
const GROUP = 'scoring, batches of 256';
const PYTHON_ROW = { group: GROUP, what: 'one row at a time through scikit-learn, in Python' };
const MANY_TREES_GROUP = 'scoring with 2,000 trees, batches of 500';

/** Measures the service's own processor without a stream, and parts of its work as the lower limit of its cost. */
export const decisionBench: Benchmark = {
  rows: () => [...usualCases(), PYTHON_ROW, ...largerCases()],
  measure: async (run) => [
    ...(await measureCases(usualCases(), run)),
    ...(await pythonRow(run)),
    ...(await measureCases(largerCases(), run)),
  ],
};

function usualCases(): BenchCase[] {
  return [
    decides(GROUP, USUAL),
    {
      ...decides(GROUP, { ...USUAL, model: 'model-version-1' }),
      what: 'the same with a contract of version 1',
    },
    part('parse', 'JSON.parse and ONNX alone', USUAL),
    part('score', 'ONNX alone', USUAL),
  ];
}

function largerCases(): BenchCase[] {
  return [
    decides('scoring, batches of 256, 3,000 bytes', LARGER),
    decides('scoring, batches of 16, 250,000 bytes', LARGEST),
    { ...decides(MANY_TREES_GROUP, MANY_TREES), changes: false },
    holds(MANY_TREES_GROUP, MANY_TREES),
  ];
}

function decides(group: string, shape: Shape): BenchCase {
  const what = 'decode, validate, score, serialise';
  return { group, what, ...perSecond, measure: async (tree) => costOf(await decided('decide', shape, tree)) };
}

/** An older revision may have no such model. It then takes another model, so nothing is compared. */
function holds(group: string, shape: Shape): BenchCase {
  return {
    group,
    what: 'longest time that a batch holds the event loop (bar 5 ms)',
    unit: 'ms',
    changes: false,
    measure: async (tree) => (await decided('decide', shape, tree)).holdSeconds * 1000,
  };
}

function part(work: DecisionTrial['work'], what: string, shape: Shape): BenchCase {
  const measure = async (tree: Tree) => costOf(await decided(work, shape, tree));
  return { group: GROUP, what, ...perSecond, changes: false, measure };
}

const perSecond = { unit: RATE, value: (cost: number) => Math.round(1 / cost) };

function costOf({ cpuSeconds, records }: Decided): number {
  return cpuSeconds / records;
}

async function decided(work: DecisionTrial['work'], shape: Shape, tree: Tree): Promise<Decided> {
  const program = programOf(tree, 'decision-bench-worker.ts');
  const { command, args } = pinned(process.execPath, [
    ...imageNodeOptions(tree),
    program,
    JSON.stringify({ work, ...shape } satisfies DecisionTrial),
  ]);
  const env = { ...process.env, ...treeEnvironment(tree) };
  const { stdout } = await promisify(execFile)(command, args, { env, timeout: PROGRAM_MILLISECONDS });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

async function pythonRow(run: BenchRun): Promise<BenchRow[]> {
  return isWanted(PYTHON_ROW, run) ? [{ ...PYTHON_ROW, unit: RATE, value: await rowByRow() }] : [];
}
