/** `make bench` runs the benchmarks, beside peers in the same run, and prints one table. `--help` lists the benchmarks. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { treeBefore } from './before-tree.ts';
import type { BenchRun } from './bench-case.ts';
import { benchChart } from './bench-chart.ts';
import { type BenchOptions, parseBenchOptions } from './bench-options.ts';
import { type BenchReport, benchCaption, benchPage, benchText } from './bench-page.ts';
import type { BenchRow } from './bench-table.ts';
import { clientBench } from './client-bench.ts';
import { decisionBench } from './decision-bench.ts';
import { handoverBench } from './handover-bench.ts';
import { httpBench } from './http-bench.ts';
import { leaseBench } from './lease-bench.ts';
import { payloadBench } from './payload-bench.ts';
import { sharedCore } from './pinned-command.ts';
import { rolloutBench } from './rollout-bench.ts';
import { idleBench, streamBench } from './stream-bench.ts';
import type { Tree } from './tree.ts';

const BENCHES: Readonly<Record<string, (run: BenchRun) => Promise<BenchRow[]>>> = {
  decision: decisionBench,
  payload: payloadBench,
  client: clientBench,
  stream: streamBench,
  idle: idleBench,
  http: httpBench,
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

const HELP = `Usage: make bench BENCH="[options] [benchmark]..."
       node test/bench/main.ts [options] [benchmark]...

Measures the service beside its peers and prints one table. Without a name, all benchmarks run.

Benchmarks:
  decision   decode, validate, score and serialise, without a stream
  payload    the dearest hostile record of 256 KiB
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
                 each TEXT. The benchmarks decision, client, stream, idle and http heed it.
  --publish      also write docs/reference/benchmarks.md and its picture
  --help         show this text

In about a minute:
  node test/bench/main.ts --before=main --rounds=3 --only="4 shards, 300 bytes" --only="this service" stream`;

/** Folder of the published run, which the README quotes. */
const PUBLISHED = `${repositoryRoot}/docs/reference`;
const BENCH_DIRECTORY = `${repositoryRoot}/.bench`;

async function main({ names, publish, rounds, only }: BenchOptions, before: Tree | undefined): Promise<void> {
  const progress = new Progress();
  const run = {
    only,
    ...(before === undefined ? {} : { before }),
    ...(rounds === undefined ? {} : { rounds }),
  };
  const rows: BenchRow[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    progress.say(`measuring: ${name}`);
    rows.push(...(await bench(run)));
  }
  const report: BenchReport = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`,
    sharedCore,
    rows,
    ...(before?.revision === undefined ? {} : { before: before.revision }),
  };
  const picture = benchChart(rows, benchCaption(report));
  await mkdir(BENCH_DIRECTORY, { recursive: true });
  await writeFile(`${BENCH_DIRECTORY}/report.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${BENCH_DIRECTORY}/report.svg`, picture);
  if (publish) {
    await writeFile(`${PUBLISHED}/benchmarks.svg`, picture);
    await writeFile(`${PUBLISHED}/benchmarks.md`, benchPage(report));
  }
  console.log(`\n${benchText(report)}\n\nAlso written to .bench/report.json and .bench/report.svg`);
}

function readArguments(): { options: BenchOptions; before: Tree | undefined } {
  try {
    const options = parseBenchOptions(process.argv.slice(2), Object.keys(BENCHES));
    const before = options.before === undefined ? undefined : treeBefore(options.before, repositoryRoot);
    return { options, before };
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n\n--help lists the options.`);
    process.exit(1);
  }
}

const { options, before } = readArguments();
if (options.help) console.log(HELP);
else await main(options, before);
