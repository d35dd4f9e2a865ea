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

const CASES: readonly StreamBenchCase[] = [
  { client: 'lean', shards: 1, bytes: 300, records: 100_000 },
  { client: 'lean', shards: 4, bytes: 300, records: 100_000 },
  { client: 'lean', shards: 16, bytes: 300, records: 100_000 },
  { client: 'lean', shards: 4, bytes: 3_000, records: 40_000 },
  { client: 'sdk', shards: 1, bytes: 300, records: 100_000 },
  { client: 'sdk', shards: 4, bytes: 300, records: 100_000 },
  { client: 'sdk', shards: 16, bytes: 300, records: 100_000 },
  { client: 'sdk', shards: 4, bytes: 3_000, records: 40_000 },
];
const IDLE_SHARDS = 64;
const IDLE_SECONDS = 10;
const run = promisify(execFile);

/** Read → score → write by the whole process, in records per second of its CPU time. */
export async function streamBench(
  cases: readonly StreamBenchCase[] = CASES,
  onRow: (row: StreamBenchRow) => void = () => {},
): Promise<StreamBenchRow[]> {
  const rows: StreamBenchRow[] = [];
  for (const one of cases) {
    const { cpuSeconds, records, rejected } = await consume(one, {
      KINESIS_CLIENT: one.client,
      BENCH_RECORDS: String(one.records),
    });
    if (rejected) throw new Error('the benchmark is of decisions, but records were rejected');
    const row = {
      ...one,
      recordsPerCpuSecond: Math.round(records / cpuSeconds),
      microsecondsPerRecord: (cpuSeconds / records) * 1e6,
    };
    rows.push(row);
    onRow(row);
  }
  return rows;
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
  console.table(await streamBench(CASES, (row) => console.error(JSON.stringify(row))));
  console.table([await idleBench()]);
}
