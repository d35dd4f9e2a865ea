import { batchOf, decisionStack, streamRecord } from '../support/model/decision-stack.ts';
import { HOSTILE_PAYLOADS } from '../support/model/hostile-payloads.ts';
import type { BenchRun } from './bench-case.ts';
import { loadBenchModel } from './bench-model.ts';
import type { BenchRow } from './bench-table.ts';
import { leastOfRounds } from './least-of-rounds.ts';
import { scannedRecordBench } from './scanned-record-bench.ts';

const KIBIBYTES = 256;
const REPEATS = 4;

/** Measures the CPU time of the process for one record of 256 KiB, from its bytes to its outcome, and names the worst. */
export async function payloadBench({ rounds }: BenchRun): Promise<BenchRow[]> {
  const { processor, router } = decisionStack({ stable: await loadBenchModel() });
  const { signal } = new AbortController();
  const payloads = Object.entries(HOSTILE_PAYLOADS).map(
    ([name, ofSize]) => [name, ofSize(KIBIBYTES * 1024)] as const,
  );
  const measured = await leastOfRounds(
    payloads,
    async ([, data]) => {
      const before = process.cpuUsage();
      for (let index = 0; index < REPEATS; index++) {
        await processor.process(batchOf([streamRecord(data)]), signal);
      }
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / REPEATS;
    },
    rounds,
  );
  router.close();
  const group = `a hostile record of ${KIBIBYTES} KiB`;
  const unit = 'ms of CPU, at most 10 are allowed';
  const [worst, ...others] = measured.toSorted(([, one], [, other]) => other - one);
  if (worst === undefined) return [];
  const middle = others[Math.floor(others.length / 2)];
  return [
    { group, what: `the dearest of ${measured.length} shapes: ${worst[0][0]}`, value: worst[1], unit },
    ...(middle === undefined
      ? []
      : [{ group, what: 'half of the shapes need less than', value: middle[1], unit }]),
    ...(await scannedRecordBench(rounds)),
  ];
}
