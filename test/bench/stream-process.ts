import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { emulatorCredentials } from '../../scripts/stack/kinesis-endpoint.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

export interface BenchStream {
  readonly shards: number;
  readonly records: number;
  /** Size to which a shorter record is padded, in bytes. */
  readonly bytes: number;
}

/** The last line that the program of a benchmark prints, as JSON. */
export interface Measured {
  readonly cpuSeconds: number;
  /** Records that were processed in this CPU time. */
  readonly records: number;
}

const run = promisify(execFile);

/** Runs a program of this directory. Another process serves its stream, so that the CPU times are not mixed. */
export async function measureOnStream<Result extends Measured>(
  program: string,
  stream: BenchStream,
  environment: Readonly<Record<string, string>>,
): Promise<Result> {
  const directory = mkdtempSync(`${tmpdir()}/stream-bench-`);
  const parameters = [stream.shards, stream.records, stream.bytes].map(String);
  const server = spawn(
    process.execPath,
    [`${repositoryRoot}/test/bench/stream-bench-server.ts`, ...parameters],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [url] = await once(createInterface({ input: server.stdout }), 'line');
    const { stdout } = await run(process.execPath, [`${repositoryRoot}/test/bench/${program}`], {
      env: {
        ...process.env,
        ...emulatorCredentials,
        KINESIS_ENDPOINT: url,
        OUTPUT_STREAM: 'out',
        REJECT_STREAM: 'rejects',
        LEASE_FILE: `${directory}/leases.json`,
        ...environment,
      },
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
  } finally {
    server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}
