import { type BenchCase, type BenchRun, isWanted, measureCases } from './bench-case.ts';
import type { BenchRow, RowName } from './bench-table.ts';
import type { Benchmark } from './benchmark.ts';
import { hasOpenssl } from './self-signed-certificate.ts';
import { type BenchStream, type Measured, measureOnStream } from './stream-process.ts';
import { THIS_TREE, type Tree } from './tree.ts';

interface MeasuredConsumer extends Measured {
  readonly seconds: number;
  readonly rssBytes: number;
  readonly deadLettered: boolean;
}

const SHAPES = [
  { shards: 1, bytes: 300, records: 120_000 },
  { shards: 4, bytes: 300, records: 120_000 },
  { shards: 16, bytes: 300, records: 120_000 },
  { shards: 4, bytes: 3_000, records: 40_000 },
  { shards: 4, bytes: 250_000, records: 500 },
];
/** The shape that is also measured over TLS. The others speak plain HTTP. */
const TLS_SHAPE = SHAPES[1];
const IDLE_SHARDS = 64;
const IDLE_SECONDS = 10;
const IDLE_ROUNDS = 3;
const IDLE_GROUP = `idle, ${IDLE_SHARDS} shards`;
const SERVICE = 'this service';
const MEMORY_ROW = { group: IDLE_GROUP, what: 'memory of this service' };
const FIXED_PACE = { MAX_POLL_INTERVAL_MILLISECONDS: '250' };

/** Measures reading, scoring and writing, in records per second of CPU time of the whole process. */
export const streamBench: Benchmark = {
  rows: streamCases,
  measure: (run) => measureCases(streamCases(), run),
};

function streamCases(): BenchCase[] {
  return SHAPES.flatMap((shape): BenchCase[] => {
    const row = {
      group: `read, score, write: ${shape.shards} shards, ${shape.bytes.toLocaleString('en')} bytes`,
      unit: 'records per CPU-second',
      value: (cost: number) => Math.round(1 / cost),
    };
    const costOf = (client: string) => (tree: Tree) => decideAll(shape, client, tree);
    return [
      { ...row, what: SERVICE, measure: costOf('lean') },
      ...(shape === TLS_SHAPE ? [{ ...row, ...overTls(shape) }] : []),
      { ...row, what: 'the same with the AWS SDK', changes: false, measure: costOf('sdk') },
    ];
  });
}

function overTls(shape: BenchStream): Partial<BenchCase> & Pick<BenchCase, 'what' | 'measure'> {
  const what = 'this service, over TLS';
  if (!hasOpenssl()) return { what, unit: 'openssl is not installed', measure: async () => Number.NaN };
  return { what, measure: (tree) => decideAll({ ...shape, tls: true }, 'lean', tree) };
}

/** @returns CPU seconds for each record */
async function decideAll(stream: BenchStream, client: string, tree: Tree): Promise<number> {
  const environment = { KINESIS_CLIENT: client, BENCH_RECORDS: String(stream.records) };
  const { cpuSeconds, records, deadLettered } = await consume(stream, environment, tree);
  if (deadLettered) throw new Error('the benchmark measures decisions, but some records became dead letters');
  return cpuSeconds / records;
}

/** Measures the cost of consumers that wait for records, and the memory of this service's consumer. */
export const idleBench: Benchmark = {
  rows: () => [...idleCases(new Map()), MEMORY_ROW],
  measure: measureIdle,
};

/** The memory is that of the processes whose CPU time is measured. */
async function measureIdle(run: BenchRun): Promise<BenchRow[]> {
  const isChosen = (row: RowName) => isWanted(row, run);
  const memory = new Map<Tree, number>();
  const cases = idleCases(memory).filter(
    (it) => isChosen(it) || (it.what === SERVICE && isChosen(MEMORY_ROW)),
  );
  const rows = await measureCases(cases, { ...run, only: [] }, IDLE_ROUNDS);
  return [...rows, ...memoryRow(memory, run)].filter(isChosen);
}

/** @param memory takes the least memory of this service in each tree, in MB */
function idleCases(memory: Map<Tree, number>): BenchCase[] {
  const cpuCase = (what: string, environment: Readonly<Record<string, string>>): BenchCase => ({
    group: IDLE_GROUP,
    what,
    unit: '% of a core',
    measure: async (tree) => {
      const { cpuSeconds, seconds, rssBytes } = await waitIdly(environment, tree);
      if (what === SERVICE) {
        memory.set(tree, Math.min(memory.get(tree) ?? Number.POSITIVE_INFINITY, rssBytes / 1024 ** 2));
      }
      return (100 * cpuSeconds) / seconds;
    },
  });
  return [
    cpuCase(SERVICE, {}),
    cpuCase('the same at a fixed pace of 250 ms', FIXED_PACE),
    {
      ...cpuCase('the same with the AWS SDK, at a fixed pace of 250 ms', {
        ...FIXED_PACE,
        KINESIS_CLIENT: 'sdk',
      }),
      changes: false,
    },
  ];
}

function memoryRow(memory: ReadonlyMap<Tree, number>, { before }: BenchRun): BenchRow[] {
  const [value, valueBefore] = [memory.get(THIS_TREE), before && memory.get(before)];
  if (value === undefined) return [];
  return [
    { ...MEMORY_ROW, unit: 'MB', value, ...(valueBefore === undefined ? {} : { before: valueBefore }) },
  ];
}

function waitIdly(environment: Readonly<Record<string, string>>, tree: Tree): Promise<MeasuredConsumer> {
  const stream = { shards: IDLE_SHARDS, records: 0, bytes: 0 };
  return consume(stream, { BENCH_RECORDS: '0', BENCH_SECONDS: String(IDLE_SECONDS), ...environment }, tree);
}

function consume(
  stream: BenchStream,
  environment: Readonly<Record<string, string>>,
  tree: Tree,
): Promise<MeasuredConsumer> {
  return measureOnStream('stream-bench-consumer.ts', stream, environment, tree);
}
