/** `make bench`: every benchmark, its rows in one table, beside peers measured in the same run. `--help` lists them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { type BenchRow, benchTable } from './bench-table.ts';
import { decisionBench } from './decision-bench.ts';
import { httpBench } from './http-bench.ts';
import { rolloutBench } from './rollout-bench.ts';
import { idleBench, streamBench } from './stream-bench.ts';

const BENCHES: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  decision: async () => {
    const rows = await decisionBench();
    return rows.map(({ what, recordsPerCpuSecond }) => ({
      group: 'scoring, batches of 256',
      what,
      value: recordsPerCpuSecond,
      unit: 'records per CPU-second',
    }));
  },
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
  rollout: async () => {
    const rows = await rolloutBench();
    return rows.map((row) => ({ group: 'operator', ...row }));
  },
};

async function main(wanted: readonly string[]): Promise<void> {
  const names = Object.keys(BENCHES);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.log(`Usage: node test/bench/main.ts [${names.join('|')}]... (default: all)`);
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
  await mkdir(`${repositoryRoot}/.bench`, { recursive: true });
  await writeFile(`${repositoryRoot}/.bench/report.json`, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n${benchTable(rows)}\n\n${report.date}, ${machine}; also in .bench/report.json`);
}

await main(process.argv.slice(2));
