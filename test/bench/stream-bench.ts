import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { emulatorCredentials } from '../../scripts/stack/kinesis-endpoint.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

export interface StreamBenchCase {
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
  /** Of one core. */
  readonly cpuPercent: number;
  readonly rssMegabytes: number;
}

interface Measured {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly records: number;
  readonly rssBytes: number;
  readonly rejected: boolean;
}

const SHAPES = [
  { shards: 1, bytes: 300, records: 200_000 },
  { shards: 4, bytes: 300, records: 200_000 },
  { shards: 16, bytes: 300, records: 200_000 },
  { shards: 4, bytes: 3_000, records: 60_000 },
];
/** The clients take turns, so that a machine that slows down slows both. */
const CASES: readonly StreamBenchCase[] = SHAPES.flatMap((shape) =>
  (['lean', 'sdk'] as const).map((client) => ({ client, ...shape })),
);
const ROUNDS = 5;
const IDLE_SHARDS = 64;
const IDLE_SECONDS = 10;
const run = promisify(execFile);

/**
 * Read → score → write by the whole process, in records per second of its CPU time: the best of some rounds, as what else
 * runs on the machine only adds to it, through caches and cores that are shared.
 */
export async function streamBench(): Promise<StreamBenchRow[]> {
  const seconds = new Map<StreamBenchCase, number[]>(CASES.map((one) => [one, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [one, measured] of seconds) measured.push(await cpuSecondsPerRecord(one));
  }
  return [...seconds].map(([one, measured]) => {
    const perRecord = Math.min(...measured);
    return { ...one, recordsPerCpuSecond: Math.round(1 / perRecord), microsecondsPerRecord: perRecord * 1e6 };
  });
}

async function cpuSecondsPerRecord(one: StreamBenchCase): Promise<number> {
  const environment = { KINESIS_CLIENT: one.client, BENCH_RECORDS: String(one.records) };
  const { cpuSeconds, records, rejected } = await consume(one, environment);
  if (rejected) throw new Error('the benchmark is of decisions, but records were rejected');
  return cpuSeconds / records;
}

/** What it costs to wait for records. */
export async function idleBench(): Promise<IdleBenchRow> {
  const environment = { BENCH_RECORDS: '0', BENCH_SECONDS: String(IDLE_SECONDS) };
  const measured = await consume({ shards: IDLE_SHARDS, records: 0, bytes: 0 }, environment);
  return {
    shards: IDLE_SHARDS,
    cpuPercent: (measured.cpuSeconds / measured.seconds) * 100,
    rssMegabytes: measured.rssBytes / 1024 ** 2,
  };
}

async function consume(
  stream: { readonly shards: number; readonly records: number; readonly bytes: number },
  environment: Readonly<Record<string, string>>,
): Promise<Measured> {
  const directory = mkdtempSync(`${tmpdir()}/stream-bench-`);
  const parameters = [stream.shards, stream.records, stream.bytes].map(String);
  const server = spawn(
    process.execPath,
    [`${repositoryRoot}/test/bench/stream-bench-server.ts`, ...parameters],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [url] = await once(createInterface({ input: server.stdout }), 'line');
    const { stdout } = await run(
      process.execPath,
      [`${repositoryRoot}/test/bench/stream-bench-consumer.ts`],
      {
        env: {
          ...process.env,
          ...emulatorCredentials,
          KINESIS_ENDPOINT: url,
          OUTPUT_STREAM: 'out',
          REJECT_STREAM: 'rejects',
          LEASE_FILE: `${directory}/leases.json`,
          ...environment,
        },
      },
    );
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
  } finally {
    server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  console.table(await streamBench());
  console.table([await idleBench()]);
}
