import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { groupCpuSeconds } from './group-cpu.ts';
import type { Peer } from './http-peers.ts';
import { clientCore, commandOn } from './pinned-command.ts';

/** How a server answered one load. */
export interface HttpLoad {
  readonly requestsPerSecond: number;
  /** CPU time of the server's processes, divided by the number of requests. */
  readonly cpuMicroseconds: number;
  readonly p99Milliseconds: number;
}

interface AutocannonResult {
  readonly requests: { readonly average: number; readonly total: number };
  readonly latency: { readonly p99: number };
  readonly non2xx: number;
  readonly errors: number;
}

/** Time beyond the load itself by which the client must have ended. */
const MARGIN_MILLISECONDS = 30_000;

/**
 * Sends requests without pause from a process of its own. Each connection waits for an answer before its next request.
 * The client has another core than the server if it may, so that requests per second are those of one busy core.
 */
export async function load(peer: Peer, connections: number, seconds: number): Promise<HttpLoad> {
  const { command, args } = commandOn(clientCore, process.execPath, [
    `${repositoryRoot}/node_modules/autocannon/autocannon.js`,
    '--json',
    '--no-progress',
    `--connections=${connections}`,
    `--duration=${seconds}`,
    '--method=POST',
    '--headers=content-type=application/json',
    `--body=${peer.body}`,
    peer.url,
  ]);
  const before = groupCpuSeconds(peer.server.pid);
  const timeout = seconds * 1000 + MARGIN_MILLISECONDS;
  const { stdout } = await promisify(execFile)(command, args, { timeout });
  const cpuSeconds = groupCpuSeconds(peer.server.pid) - before;
  const { requests, latency, non2xx, errors }: AutocannonResult = JSON.parse(stdout);
  if (non2xx + errors > 0) {
    throw new Error(`${peer.name}: ${non2xx + errors} of ${requests.total} requests failed`);
  }
  return {
    requestsPerSecond: requests.average,
    cpuMicroseconds: (cpuSeconds / requests.total) * 1e6,
    p99Milliseconds: latency.p99,
  };
}
