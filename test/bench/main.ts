/** `make bench` runs the benchmarks, beside peers in the same run, and prints one table. `--help` lists the benchmarks. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { benchChart } from './bench-chart.ts';
import { type BenchRow, benchTable } from './bench-table.ts';
import { clientBench } from './client-bench.ts';
import { decisionBench } from './decision-bench.ts';
import { handoverBench } from './handover-bench.ts';
import { httpBench } from './http-bench.ts';
import { leaseBench } from './lease-bench.ts';
import { payloadBench } from './payload-bench.ts';
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
  payload: payloadBench,
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
      ...idle.rows.map(({ what, cpuPercent: value }) => ({
        group: `idle, ${idle.shards} shards`,
        what,
        value,
        unit: '% of a core',
      })),
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
  rollout: rolloutBench,
};

const INTRODUCTION = `\`make bench BENCH=--publish\` writes this page. Each group holds the service beside its peers, measured in the same run.
Ratios are to the first row of the group.
CPU time counts the whole process, so other work on the machine hardly changes it. Rates and waits depend on the machine.

![groups of benchmarks with two or more rows](benchmarks.svg)`;

/** Folder of the published run, which the README quotes. */
const PUBLISHED = `${repositoryRoot}/docs/reference`;
const BENCH_DIRECTORY = `${repositoryRoot}/.bench`;

async function main(args: readonly string[]): Promise<void> {
  const publish = args.includes('--publish');
  const wanted = args.filter((argument) => argument !== '--publish');
  const names = Object.keys(BENCHES);
  if (wanted.some((name) => !names.includes(name))) {
    console.log(`Usage: node test/bench/main.ts [--publish] [${names.join('|')}]...
Without a name, all benchmarks run. --publish also writes docs/reference/benchmarks.md and its picture.`);
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
  const picture = benchChart(rows, `${report.date}, ${machine}`);
  await writeFile(`${BENCH_DIRECTORY}/report.svg`, picture);
  if (publish) {
    await writeFile(`${PUBLISHED}/benchmarks.svg`, picture);
    await writeFile(`${PUBLISHED}/benchmarks.md`, `# Benchmarks\n\n${INTRODUCTION}\n\n${text}\n`);
  }
  console.log(`\n${text}\n\nAlso written to .bench/report.json and .bench/report.svg`);
}

await main(process.argv.slice(2));
