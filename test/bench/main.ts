/** `make bench` runs the benchmarks, beside peers in the same run, and prints one table. `--help` lists the benchmarks. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { treeBefore } from './before-tree.ts';
import type { BenchRun } from './bench-case.ts';
import { benchChart } from './bench-chart.ts';
import { type BenchOptions, parseBenchOptions } from './bench-options.ts';
import { type BenchRow, benchTable } from './bench-table.ts';
import { clientBench } from './client-bench.ts';
import { decisionBench } from './decision-bench.ts';
import { handoverBench } from './handover-bench.ts';
import { httpBench } from './http-bench.ts';
import { leaseBench } from './lease-bench.ts';
import { payloadBench } from './payload-bench.ts';
import { sharedCore } from './pinned-command.ts';
import { rolloutBench } from './rollout-bench.ts';
import { rowByRow } from './row-by-row.ts';
import { idleBench, streamBench } from './stream-bench.ts';
import type { Tree } from './tree.ts';

const BENCHES: Readonly<Record<string, (run: BenchRun) => Promise<BenchRow[]>>> = {
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
  stream: streamBench,
  idle: idleBench,
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

const HELP = `Usage: node test/bench/main.ts [options] [${Object.keys(BENCHES).join('|')}]...

Measures the service beside its peers and prints one table. Without a name, all benchmarks run.

  --before REV   measure the tree of revision REV too, in turns, and show "ratio to before" (client, stream, idle).
                 The first run writes that tree to .bench/before. Each tree runs its own programs and makes its own
                 model. All read from one server.
  --rounds N     rounds of each case, of which the least cost counts (default 5, idle 3)
  --only TEXT    measure only rows whose group or name contains TEXT (client, stream, idle). If given several times,
                 a row must contain each text.
  --publish      also write docs/reference/benchmarks.md and its picture
  --help         show this text

In less than a minute:
  node test/bench/main.ts --before=main --rounds=3 --only='4 shards, 300 bytes' --only='this service' stream`;

const INTRODUCTION = `\`make bench BENCH=--publish\` writes this page. Each group holds the service beside its peers, measured in the same run.
Ratios are to the first row of the group.
CPU time counts the whole process, so other work on the machine hardly changes it. Rates and waits depend on the machine.

![groups of benchmarks with two or more rows](benchmarks.svg)`;

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
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;
  const report = { date: new Date().toISOString().slice(0, 10), machine, before: before?.revision, rows };
  const caption = [
    report.date,
    machine,
    ...(before === undefined ? [] : [`before: ${before.revision}`]),
  ].join(', ');
  const text = `${benchTable(rows)}\n\n${caption}\n\n${placement()}`;
  await mkdir(BENCH_DIRECTORY, { recursive: true });
  await writeFile(`${BENCH_DIRECTORY}/report.json`, `${JSON.stringify(report, null, 2)}\n`);
  const picture = benchChart(rows, caption);
  await writeFile(`${BENCH_DIRECTORY}/report.svg`, picture);
  if (publish) {
    await writeFile(`${PUBLISHED}/benchmarks.svg`, picture);
    await writeFile(`${PUBLISHED}/benchmarks.md`, `# Benchmarks\n\n${INTRODUCTION}\n\n${text}\n`);
  }
  console.log(`\n${text}\n\nAlso written to .bench/report.json and .bench/report.svg`);
}

function placement(): string {
  return sharedCore === undefined
    ? 'Nothing was pinned to a core, because this machine has no taskset. Repeats may differ by 13 %.'
    : 'Each consumer of a stream shared one core with its server.';
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
