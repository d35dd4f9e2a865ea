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

export interface IdleBenchRow {
  readonly shards: number;
  /** CPU time as a share of one core, in percent. */
  readonly cpuPercent: number;
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

/** Measures the cost of a consumer that waits for records. */
export async function idleBench(): Promise<IdleBenchRow> {
  const environment = { BENCH_RECORDS: '0', BENCH_SECONDS: String(IDLE_SECONDS) };
  const measured = await consume({ shards: IDLE_SHARDS, records: 0, bytes: 0 }, environment);
  return {
    shards: IDLE_SHARDS,
    cpuPercent: (measured.cpuSeconds / measured.seconds) * 100,
    rssMegabytes: measured.rssBytes / 1024 ** 2,
  };
}

function consume(
  stream: BenchStream,
  environment: Readonly<Record<string, string>>,
): Promise<MeasuredConsumer> {
  return measureOnStream('stream-bench-consumer.ts', stream, environment);
}

if (import.meta.main) {
  console.table(await streamBench());
  console.table([await idleBench()]);
}
