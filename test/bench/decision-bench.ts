import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type BenchCase, type BenchRun, isWanted, measureCases } from './bench-case.ts';
import type { BenchRow } from './bench-table.ts';
import { pinned } from './pinned-command.ts';
import { rowByRow } from './row-by-row.ts';
import { programOf, type Tree, treeEnvironment } from './tree.ts';

interface Shape {
  readonly model: string;
  readonly bytes: number;
  readonly batchRecords: number;
  readonly batches: number;
}

interface Decided {
  readonly cpuSeconds: number;
  readonly records: number;
  /** Longest CPU time for which a batch held the event loop, in seconds. */
  readonly holdSeconds: number;
}

/** The first program of a tree also makes the model. */
const PROGRAM_MILLISECONDS = 300_000;
const RATE = 'records per CPU-second';
const USUAL: Shape = { model: 'model', bytes: 300, batchRecords: 256, batches: 600 };
const LARGER: Shape = { ...USUAL, bytes: 3_000, batches: 200 };
const LARGEST: Shape = { ...USUAL, bytes: 250_000, batchRecords: 16, batches: 60 };
const GROUP = 'scoring, batches of 256';

/** Measures the service's own processor without a stream, and parts of its work as the lower limit of its cost. */
export async function decisionBench(run: BenchRun): Promise<BenchRow[]> {
  const usual = [
    decides(GROUP, USUAL),
    part('parse', 'JSON.parse and ONNX alone', USUAL),
    part('score', 'ONNX alone', USUAL),
  ];
  const larger = [
    decides('scoring, batches of 256, 3,000 bytes', LARGER),
    decides('scoring, batches of 16, 250,000 bytes', LARGEST),
  ];
  return [
    ...(await measureCases(usual, run)),
    ...(await pythonRow(run)),
    ...(await measureCases(larger, run)),
  ];
}

function decides(group: string, shape: Shape): BenchCase {
  const what = 'decode, validate, score, serialise';
  return { group, what, ...perSecond, measure: async (tree) => costOf(await decided('decide', shape, tree)) };
}

function part(work: string, what: string, shape: Shape): BenchCase {
  const measure = async (tree: Tree) => costOf(await decided(work, shape, tree));
  return { group: GROUP, what, ...perSecond, changes: false, measure };
}

const perSecond = { unit: RATE, value: (cost: number) => Math.round(1 / cost) };

function costOf({ cpuSeconds, records }: Decided): number {
  return cpuSeconds / records;
}

async function decided(work: string, shape: Shape, tree: Tree): Promise<Decided> {
  const program = programOf(tree, 'decision-bench-worker.ts');
  const { command, args } = pinned(process.execPath, [program, JSON.stringify({ work, ...shape })]);
  const env = { ...process.env, ...treeEnvironment(tree) };
  const { stdout } = await promisify(execFile)(command, args, { env, timeout: PROGRAM_MILLISECONDS });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

async function pythonRow(run: BenchRun): Promise<BenchRow[]> {
  const row = { group: GROUP, what: 'one row at a time through scikit-learn, in Python', unit: RATE };
  return isWanted(row, run) ? [{ ...row, value: await rowByRow() }] : [];
}
