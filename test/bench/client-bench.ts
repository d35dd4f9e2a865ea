import type { BenchRow } from './bench-table.ts';
import { leastOfRounds } from './least-of-rounds.ts';
import { measureOnStream } from './stream-process.ts';

const SHAPES = [
  { shards: 1, bytes: 300, records: 100_000 },
  { shards: 1, bytes: 3_000, records: 60_000 },
];
const CASES = SHAPES.flatMap((shape) => ['lean', 'sdk'].map((client) => ({ client, ...shape })));

/** Measures reading and writing alone. For each record it writes as many bytes as a decision has, without deciding. */
export async function clientBench(): Promise<BenchRow[]> {
  const measured = await leastOfRounds(CASES, async ({ client, ...stream }) => {
    const environment = { KINESIS_CLIENT: client };
    const { cpuSeconds, records } = await measureOnStream('client-bench-worker.ts', stream, environment);
    return cpuSeconds / records;
  });
  return measured.map(([{ client, bytes }, perRecord]) => ({
    group: `read and write alone: ${bytes} bytes`,
    what: client === 'lean' ? "this service's client" : 'the AWS SDK',
    value: Math.round(1 / perRecord),
    unit: 'records per CPU-second',
  }));
}
