import { leastOfRounds } from './least-of-rounds.ts';
import { type BenchStream, type Measured, measureOnStream } from './stream-process.ts';

interface StreamBenchCase {
  readonly client: 'lean' | 'sdk';
  readonly shards: number;
  readonly bytes: number;
  readonly records: number;
}

export interface StreamBenchRow extends StreamBenchCase {
  readonly recordsPerCpuSecond: number;
  readonly microsecondsPerRecord: number;
}

interface IdleBenchRow {
  readonly what: string;
  /** CPU time as a share of one core, in percent. */
  readonly cpuPercent: number;
}

export interface IdleBench {
  readonly shards: number;
  readonly rows: readonly IdleBenchRow[];
  /** Memory of this service, without its peers. */
  readonly rssMegabytes: number;
}

interface MeasuredConsumer extends Measured {
  readonly seconds: number;
  readonly rssBytes: number;
  readonly deadLettered: boolean;
}

const SHAPES = [
  { shards: 1, bytes: 300, records: 200_000 },
  { shards: 4, bytes: 300, records: 200_000 },
  { shards: 16, bytes: 300, records: 200_000 },
  { shards: 4, bytes: 3_000, records: 60_000 },
];
const CASES: readonly StreamBenchCase[] = SHAPES.flatMap((shape) =>
  (['lean', 'sdk'] as const).map((client) => ({ client, ...shape })),
);
const IDLE_SHARDS = 64;
const IDLE_SECONDS = 10;
const IDLE_ROUNDS = 3;
const FIXED_PACE = { MAX_POLL_INTERVAL_MILLISECONDS: '250' };
const IDLE_CASES = [
  { what: 'this service', environment: {} },
  { what: 'the same at a fixed pace of 250 ms', environment: FIXED_PACE },
  {
    what: 'the same with the AWS SDK, at a fixed pace of 250 ms',
    environment: { ...FIXED_PACE, KINESIS_CLIENT: 'sdk' },
  },
];

/** Measures reading, scoring and writing, in records per second of CPU time of the whole process. */
export async function streamBench(): Promise<StreamBenchRow[]> {
  const measured = await leastOfRounds(CASES, cpuSecondsPerRecord);
  return measured.map(([benchCase, perRecord]) => ({
    ...benchCase,
    recordsPerCpuSecond: Math.round(1 / perRecord),
    microsecondsPerRecord: perRecord * 1e6,
  }));
}

async function cpuSecondsPerRecord(benchCase: StreamBenchCase): Promise<number> {
  const environment = { KINESIS_CLIENT: benchCase.client, BENCH_RECORDS: String(benchCase.records) };
  const { cpuSeconds, records, deadLettered } = await consume(benchCase, environment);
  if (deadLettered) throw new Error('the benchmark measures decisions, but some records became dead letters');
  return cpuSeconds / records;
}

/** Measures the cost of consumers that wait for records. */
export async function idleBench(): Promise<IdleBench> {
  let rssBytes = Number.POSITIVE_INFINITY;
  const measured = await leastOfRounds(
    IDLE_CASES,
    async (idleCase) => {
      const idle = await waitIdly(idleCase.environment);
      if (idleCase === IDLE_CASES[0]) rssBytes = Math.min(rssBytes, idle.rssBytes);
      return idle.cpuSeconds / idle.seconds;
    },
    IDLE_ROUNDS,
  );
  return {
    shards: IDLE_SHARDS,
    rows: measured.map(([{ what }, share]) => ({ what, cpuPercent: share * 100 })),
    rssMegabytes: rssBytes / 1024 ** 2,
  };
}

function waitIdly(environment: Readonly<Record<string, string>>): Promise<MeasuredConsumer> {
  const stream = { shards: IDLE_SHARDS, records: 0, bytes: 0 };
  return consume(stream, { BENCH_RECORDS: '0', BENCH_SECONDS: String(IDLE_SECONDS), ...environment });
}

function consume(
  stream: BenchStream,
  environment: Readonly<Record<string, string>>,
): Promise<MeasuredConsumer> {
  return measureOnStream('stream-bench-consumer.ts', stream, environment);
}

if (import.meta.main) {
  console.table(await streamBench());
  console.table((await idleBench()).rows);
}
