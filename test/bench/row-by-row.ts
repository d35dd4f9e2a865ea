import { execFile } from 'node:child_process';
import { z } from 'zod';
import { repositoryRoot, trainingBin } from '../../scripts/stack/paths.ts';
import { applicationRecord } from './applications.ts';
import { scikitLearnModelDirectory } from './bench-model.ts';

const RECORDS = 1_000;
const answer = z.object({ records: z.number(), cpuSeconds: z.number() });

/** Records per CPU-second of a Python loop that scores each record by itself, as the predecessor of this project did. */
export async function rowByRow(): Promise<number> {
  const records = Array.from({ length: RECORDS }, (_, index) => applicationRecord(index));
  const lines = records.map((data) => Buffer.from(data).toString()).join('\n');
  const stdout = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      `${trainingBin}/python`,
      [`${repositoryRoot}/test/bench/row_by_row.py`, scikitLearnModelDirectory()],
      { env: { ...process.env, OMP_NUM_THREADS: '1' } },
      (error, output) => (error ? reject(error) : resolve(output)),
    );
    child.stdin?.end(lines);
  });
  const { records: count, cpuSeconds } = answer.parse(JSON.parse(stdout));
  return Math.round(count / cpuSeconds);
}
