import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { repositoryRoot, trainingBin } from '../../../../scripts/stack/paths.ts';

const run = promisify(execFile);
const PROGRAM = `${repositoryRoot}/test/support/iam/pod_calls.py`;
const MILLISECONDS = 120_000;

/**
 * The code of the Python jobs reads from and writes to S3 at `endpoint`.
 * @param args see pod_calls.py
 * @returns what the program printed
 */
export async function pythonCalls(endpoint: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(`${trainingBin}/python`, [PROGRAM, ...args], {
    env: { ...process.env, ...awsVariables(endpoint) },
    timeout: MILLISECONDS,
  });
  return stdout;
}

/** Variables that make boto3 speak to `endpoint`, whatever is configured on this machine. */
export function awsVariables(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'emulator',
    AWS_SECRET_ACCESS_KEY: 'emulator',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
