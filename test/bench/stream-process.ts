import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { emulatorCredentials } from '../../scripts/stack/kinesis-endpoint.ts';
import { pinned } from './pinned-command.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import { imageNodeOptions, programOf, THIS_TREE, type Tree, treeEnvironment } from './tree.ts';

export interface BenchStream {
  readonly shards: number;
  readonly records: number;
  /** Size to which a shorter record is padded, in bytes. */
  readonly bytes: number;
  /** @default false: plain HTTP */
  readonly tls?: boolean;
}

/** The last line that the program of a benchmark prints, as JSON. */
export interface Measured {
  readonly cpuSeconds: number;
  /** Records that were processed in this CPU time. */
  readonly records: number;
}

/** A server writes up to a million records before it answers. */
const SERVER_START_MILLISECONDS = 60_000;
/** The first program of a tree also makes the model. */
const PROGRAM_MILLISECONDS = 300_000;

const run = promisify(execFile);

/**
 * Runs a program of the tree's benchmarks. A server of this tree serves the stream in another process, so that the CPU
 * times are not mixed, and so that all trees read from the same server.
 */
export async function measureOnStream<Result extends Measured>(
  program: string,
  stream: BenchStream,
  environment: Readonly<Record<string, string>>,
  tree: Tree,
): Promise<Result> {
  const directory = mkdtempSync(`${tmpdir()}/stream-bench-`);
  const tls = stream.tls ? selfSignedCertificate(directory) : undefined;
  const parameters = [stream.shards, stream.records, stream.bytes].map(String);
  const serving = pinned(process.execPath, [
    programOf(THIS_TREE, 'stream-bench-server.ts'),
    ...parameters,
    ...(tls === undefined ? [] : [tls.key, tls.certificate]),
  ]);
  const server = spawn(serving.command, serving.args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const signal = AbortSignal.timeout(SERVER_START_MILLISECONDS);
    const [url] = await once(createInterface({ input: server.stdout }), 'line', { signal });
    const consuming = pinned(process.execPath, [...imageNodeOptions(tree), programOf(tree, program)]);
    const { stdout } = await run(consuming.command, consuming.args, {
      timeout: PROGRAM_MILLISECONDS,
      env: {
        ...process.env,
        ...treeEnvironment(tree),
        ...emulatorCredentials,
        KINESIS_ENDPOINT: url,
        OUTPUT_STREAM: 'out',
        REJECT_STREAM: 'rejects',
        LEASE_FILE: `${directory}/leases.json`,
        ...(tls === undefined ? {} : { NODE_EXTRA_CA_CERTS: tls.certificate }),
        ...environment,
      },
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
  } finally {
    server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}
