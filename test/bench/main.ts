/** `make bench`: every benchmark, its rows in one table, beside peers measured in the same run. `--help` lists them. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { repositoryRoot, trainingBin } from '../../scripts/stack/paths.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { type BenchRow, benchTable } from './bench-table.ts';
import { clientBench } from './client-bench.ts';
import { decisionBench } from './decision-bench.ts';
import { handoverBench } from './handover-bench.ts';
import { httpBench } from './http-bench.ts';
import { leaseBench } from './lease-bench.ts';
import { rolloutBench } from './rollout-bench.ts';
import { rowByRow } from './row-by-row.ts';
import { idleBench, streamBench } from './stream-bench.ts';

const BENCHES: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  decision: async () => {
    const group = 'scoring, batches of 256';
    const unit = 'records per CPU-second';
    const rows = await decisionBench();
    return [
      ...rows.map(({ what, recordsPerCpuSecond: value }) => ({ group, what, value, unit })),
      { group, what: 'one row at a time through scikit-learn, in Python', value: await rowByRow(), unit },
    ];
  },
  client: clientBench,
  stream: async () => {
    const rows = await streamBench();
    const idle = await idleBench();
    return [
      ...rows.map(({ client, shards, bytes, recordsPerCpuSecond }) => ({
        group: `read, score, write: ${shards} shards, ${bytes} bytes`,
        what: client === 'lean' ? 'this service' : 'the same with the AWS SDK',
        value: recordsPerCpuSecond,
        unit: 'records per CPU-second',
      })),
      { group: `idle, ${idle.shards} shards`, what: 'CPU', value: idle.cpuPercent, unit: '% of a core' },
      { group: `idle, ${idle.shards} shards`, what: 'memory', value: idle.rssMegabytes, unit: 'MB' },
    ];
  },
  http: async () => {
    const rows = await httpBench();
    return rows.map((row) => ({
      group: 'HTTP, one core, 8 connections',
      ...('unavailable' in row
        ? { what: row.what, value: Number.NaN, unit: row.unavailable }
        : {
            what: row.what,
            value: row.requestsPerSecond,
            unit: `requests per second, p99 ${row.p99Milliseconds} ms, CPU ${Math.round(row.cpuMicrosecondsPerRequest)} µs each`,
          }),
    }));
  },
  lease: async () => {
    const rows = await leaseBench();
    return rows.map(({ shards, writesPerSecond }) => ({
      group: 'leases on the Kubernetes API',
      what: `${shards} shards`,
      value: writesPerSecond,
      unit: 'writes per second',
    }));
  },
  handover: handoverBench,
  rollout: async () => {
    const rows = await rolloutBench();
    return rows.map((row) => ({ group: 'operator', ...row }));
  },
};

const INTRODUCTION = `Written by \`make bench BENCH=--publish\`. Every group holds the service beside its peers, measured in the same run; ratios are
to the group's first row. CPU time is that of the whole process, so that it holds on a machine that is busy with other things; rates and waits do not.

![the groups that have something to compare](benchmarks.svg)`;

/** Where a published run is kept, for the README to quote. */
const PUBLISHED = `${repositoryRoot}/docs/reference`;
const BENCH_DIRECTORY = `${repositoryRoot}/.bench`;

async function main(args: readonly string[]): Promise<void> {
  const publish = args.includes('--publish');
  const wanted = args.filter((argument) => argument !== '--publish');
  const names = Object.keys(BENCHES);
  if (wanted.some((name) => !names.includes(name))) {
    console.log(`Usage: node test/bench/main.ts [--publish] [${names.join('|')}]...
Without a name: all. --publish writes docs/reference/benchmarks.md and its picture too.`);
    process.exitCode = wanted.includes('--help') ? 0 : 1;
    return;
  }
  const progress = new Progress();
  const rows: BenchRow[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    progress.say(`measuring: ${name}`);
    rows.push(...(await bench()));
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;
  const report = { date: new Date().toISOString().slice(0, 10), machine, rows };
  const text = `${benchTable(rows)}\n\n${report.date}, ${machine}`;
  await mkdir(BENCH_DIRECTORY, { recursive: true });
  await writeFile(`${BENCH_DIRECTORY}/report.json`, `${JSON.stringify(report, null, 2)}\n`);
  await draw(`${BENCH_DIRECTORY}/report.svg`);
  if (publish) {
    await draw(`${PUBLISHED}/benchmarks.svg`);
    await writeFile(`${PUBLISHED}/benchmarks.md`, `# Benchmarks\n\n${INTRODUCTION}\n\n${text}\n`);
  }
  console.log(`\n${text}; also in .bench/report.json and report.svg`);
}

async function draw(picture: string): Promise<void> {
  const script = `${repositoryRoot}/test/bench/plot.py`;
  await promisify(execFile)(`${trainingBin}/python`, [script, `${BENCH_DIRECTORY}/report.json`, picture]);
}

await main(process.argv.slice(2));
