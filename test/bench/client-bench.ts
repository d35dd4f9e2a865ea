import { type BenchCase, measureCases } from './bench-case.ts';
import type { Benchmark } from './benchmark.ts';
import { measureOnStream } from './stream-process.ts';
import type { Tree } from './tree.ts';

const SHAPES = [
  { shards: 1, bytes: 300, records: 100_000 },
  { shards: 1, bytes: 3_000, records: 60_000 },
];

/** Measures reading and writing alone. For each record it writes as many bytes as a decision has, without deciding. */
export const clientBench: Benchmark = {
  rows: clientCases,
  measure: (run) => measureCases(clientCases(), run),
};

function clientCases(): BenchCase[] {
  return SHAPES.flatMap((stream) => {
    const row = {
      group: `read and write alone: ${stream.bytes} bytes`,
      unit: 'records per CPU-second',
      value: (cost: number) => Math.round(1 / cost),
    };
    const costOf = (client: string) => async (tree: Tree) => {
      const environment = { KINESIS_CLIENT: client };
      const { cpuSeconds, records } = await measureOnStream(
        'client-bench-worker.ts',
        stream,
        environment,
        tree,
      );
      return cpuSeconds / records;
    };
    return [
      { ...row, what: "this service's client", measure: costOf('lean') },
      { ...row, what: 'the AWS SDK', changes: false, measure: costOf('sdk') },
    ];
  });
}
