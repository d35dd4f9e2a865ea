import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { groupCpuSeconds } from './group-cpu.ts';
import {
  type Peer,
  startEcho,
  startMlflowServe,
  startMlserver,
  startScikitLearnServe,
  startService,
} from './http-peers.ts';

export interface HttpBenchRow {
  readonly what: string;
  readonly requestsPerSecond: number;
  /** CPU time of the server's processes, divided by the number of requests. */
  readonly cpuMicrosecondsPerRequest: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
}

/** A peer that could not be measured here, and why. */
export interface HttpBenchGap {
  readonly what: string;
  readonly unavailable: string;
}

const CONNECTIONS = 8;
const WARM_UP_SECONDS = 3;
const SECONDS = 10;

interface AutocannonResult {
  readonly requests: { readonly average: number; readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly non2xx: number;
  readonly errors: number;
}

/** Sends requests from a separate process on core 1, because the server runs on core 0. */
async function load(peer: Peer, seconds: number): Promise<AutocannonResult> {
  const { stdout } = await promisify(execFile)('taskset', [
    '--cpu-list',
    '1',
    process.execPath,
    `${repositoryRoot}/node_modules/autocannon/autocannon.js`,
    '--json',
    '--no-progress',
    `--connections=${CONNECTIONS}`,
    `--duration=${seconds}`,
    '--method=POST',
    '--headers=content-type=application/json',
    `--body=${peer.body}`,
    peer.url,
  ]);
  return JSON.parse(stdout);
}

async function measure(what: string, start: () => Promise<Peer>): Promise<HttpBenchRow | HttpBenchGap> {
  let peer: Peer;
  try {
    peer = await start();
  } catch (error) {
    return { what, unavailable: (error as Error).message.split('\n')[0] ?? '' };
  }
  try {
    await load(peer, WARM_UP_SECONDS);
    const before = groupCpuSeconds(peer.server.pid);
    const { requests, latency, non2xx, errors } = await load(peer, SECONDS);
    const cpuSeconds = groupCpuSeconds(peer.server.pid) - before;
    if (non2xx + errors > 0)
      throw new Error(`${what}: ${non2xx + errors} of ${requests.total} requests failed`);
    return {
      what,
      requestsPerSecond: requests.average,
      cpuMicrosecondsPerRequest: Math.round((cpuSeconds / requests.total) * 1e6),
      p50Milliseconds: latency.p50,
      p99Milliseconds: latency.p99,
    };
  } finally {
    await peer.server.stop();
  }
}

/** Measures each server alone on one core, with one application a request and 8 connections. */
export async function httpBench(): Promise<(HttpBenchRow | HttpBenchGap)[]> {
  return [
    await measure('this service', startService),
    await measure('express echo', startEcho),
    await measure('mlflow models serve', startMlflowServe),
    await measure('mlflow models serve, scikit-learn pipeline', startScikitLearnServe),
    await measure('MLServer', startMlserver),
  ];
}

if (import.meta.main) {
  const rows = await httpBench();
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
  else console.table(rows);
}
