/** `make bench` runs the benchmarks, beside peers in the same run, and prints one table. `--help` lists the benchmarks. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { treeBefore } from './before-tree.ts';
import type { BenchRun } from './bench-case.ts';
import { benchChart } from './bench-chart.ts';
import { chooseBenchmarks } from './bench-choice.ts';
import { type BenchOptions, parseBenchOptions } from './bench-options.ts';
import { benchCaption, benchConditions, benchPage, benchText, publishedChart } from './bench-page.ts';
import type { BenchReport } from './bench-report.ts';
import type { BenchRow } from './bench-table.ts';
import type { Benchmark } from './benchmark.ts';
import { clientBench } from './client-bench.ts';
import { decisionBench } from './decision-bench.ts';
import { handoverBench } from './handover-bench.ts';
import { httpBench } from './http-bench.ts';
import { leaseBench } from './lease-bench.ts';
import { payloadBench } from './payload-bench.ts';
import { clientCore, sharedCore } from './pinned-command.ts';
import { mergePublished, type PublishedReports, readPublished } from './published-reports.ts';
import { rolloutBench } from './rollout-bench.ts';
import { idleBench, streamBench } from './stream-bench.ts';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  decision: decisionBench,
  payload: { measure: payloadBench },
  client: clientBench,
  stream: streamBench,
  idle: idleBench,
  http: httpBench,
  lease: { measure: leaseRows },
  handover: { measure: handoverBench },
  rollout: { measure: rolloutBench },
};

const HELP = `Usage: make bench BENCH="[options] [benchmark]..."
       node test/bench/main.ts [options] [benchmark]...

Measures the service beside its peers and prints one table. Without a name, all benchmarks run.

Benchmarks:
  decision   decode, validate, score and serialise, without a stream
  payload    the dearest hostile record of 256 KiB, and the dearest record that is scanned, beside the plain path
  client     read and write alone
  stream     read, score and write, at several shards and sizes, and over TLS
  idle       64 shards without records
  http       POST /predict at 8 and 64 connections, beside other servers
  lease      writes to the Kubernetes API
  handover   how long a shard is unread
  rollout    the operator

Options:
  --before REV   measure the tree of revision REV too, in turns, and show the ratio to it.
                 The benchmarks decision, client, stream, idle and http can. The first run writes that tree to .bench/before.
                 Each tree runs its own programs and makes its own model. All trees read from one server.
  --rounds N     rounds of each case, of which the least cost counts (default 5, idle and http 3)
  --only TEXT    measure only rows whose group or name contains TEXT. If given several times, a row must contain
                 each TEXT. The benchmarks decision, client, stream, idle and http heed it. The others are left out.
  --publish      also write docs/reference/benchmarks.md, its picture and its values (benchmarks.json).
                 The rows of benchmarks that this run does not measure stay.
  --help         show this text

In about a minute:
  node test/bench/main.ts --before=main --rounds=3 --only="4 shards, 300 bytes" --only="this service" stream`;

const PUBLISHED = `${repositoryRoot}/docs/reference`;
const BENCH_DIRECTORY = `${repositoryRoot}/.bench`;

/** What the command line asks for. */
interface Plan {
  readonly names: readonly string[];
  readonly notes: readonly string[];
  readonly run: BenchRun;
  /** Undefined if nothing is to be published. */
  readonly published: PublishedReports | undefined;
}

async function main({ names, notes, run, published }: Plan): Promise<void> {
  const progress = new Progress();
  for (const note of notes) progress.say(`note: ${note}`);
  const conditions: Omit<BenchReport, 'rows'> = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`,
    ...(run.before?.revision === undefined ? {} : { before: run.before.revision }),
    conditions: benchConditions({ sharedCore, clientCore }),
  };
  const reports: Record<string, BenchReport> = {};
  for (const name of names) {
    progress.say(`measuring: ${name}`);
    reports[name] = { ...conditions, rows: (await BENCHMARKS[name]?.measure(run)) ?? [] };
  }
  const report = { ...conditions, rows: Object.values(reports).flatMap(({ rows }) => rows) };
  await mkdir(BENCH_DIRECTORY, { recursive: true });
  await writeJson(`${BENCH_DIRECTORY}/report.json`, report);
  await writeFile(`${BENCH_DIRECTORY}/report.svg`, benchChart(report.rows, benchCaption(report)));
  if (published) await publish(mergePublished(published, reports, Object.keys(BENCHMARKS)));
  console.log(`\n${benchText(report)}\n\nAlso written to .bench/report.json and .bench/report.svg`);
}

async function publish(reports: PublishedReports): Promise<void> {
  await writeJson(`${PUBLISHED}/benchmarks.json`, reports);
  await writeFile(`${PUBLISHED}/benchmarks.svg`, publishedChart(reports));
  await writeFile(`${PUBLISHED}/benchmarks.md`, benchPage(reports));
}

function writeJson(file: string, content: unknown): Promise<void> {
  return writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

async function leaseRows(): Promise<BenchRow[]> {
  const rows = await leaseBench();
  return rows.map(({ shards, writesPerSecond }) => ({
    group: 'leases on the Kubernetes API',
    what: `${shards} shards`,
    value: writesPerSecond,
    unit: 'writes per second',
  }));
}

/** Whatever can fail without a measurement fails here. The tree before is written last, because that takes time. */
function planOf({ before, rounds, publish, ...options }: BenchOptions): Plan {
  const choice = chooseBenchmarks({ ...options, ...(before && { before }) }, BENCHMARKS);
  const published = publish ? readPublished(`${PUBLISHED}/benchmarks.json`) : undefined;
  const run = {
    only: options.only,
    ...(rounds === undefined ? {} : { rounds }),
    ...(before === undefined ? {} : { before: treeBefore(before, repositoryRoot) }),
  };
  return { ...choice, run, published };
}

function readPlan(): Plan | undefined {
  try {
    const options = parseBenchOptions(process.argv.slice(2), Object.keys(BENCHMARKS));
    return options.help ? undefined : planOf(options);
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n\n--help lists the options.`);
    process.exit(1);
  }
}

const plan = readPlan();
if (plan === undefined) console.log(HELP);
else await main(plan);
