import { manifestFiles } from './install.ts';
import { kubectl } from './kubectl.ts';

/** Runs the e2e Job in the cluster. @returns the line that the Job printed for the decision */
export async function firstDecision(): Promise<string> {
  const [job = ''] = manifestFiles('checks');
  await kubectl(['delete', '--filename', job, '--ignore-not-found']);
  await kubectl(['create', '--filename', job]);
  try {
    await kubectl(['wait', '--for=condition=Complete', '--timeout=90s', 'job/kinesis-e2e']);
  } catch (error) {
    const said = await kubectl(['logs', 'job/kinesis-e2e', '--tail=10']).catch(String);
    throw new Error(`${(error as Error).message}\n  ${said}`);
  }
  const lines = (await kubectl(['logs', 'job/kinesis-e2e'])).trim().split('\n');
  return lines.find((line) => line.includes('probability=')) ?? 'no decision was printed';
}
