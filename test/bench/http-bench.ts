import { type BenchRun, isWanted } from './bench-case.ts';
import type { BenchRow } from './bench-table.ts';
import type { Benchmark } from './benchmark.ts';
import { type HttpLoad, load } from './http-load.ts';
import {
  type Peer,
  startEcho,
  startMlflowServe,
  startMlserver,
  startScikitLearnServe,
  startService,
} from './http-peers.ts';
import { THIS_TREE, type Tree } from './tree.ts';

/** Few connections show the cost of a run with few rows, many connections that of a request alone. */
const CONNECTIONS = [8, 64] as const;
const WARM_UP_SECONDS = 3;
const SECONDS = 5;
const ROUNDS = 3;

const SERVICE = 'this service';
const ECHO = 'express echo';

/** Servers in Python. They need up to 250 times the CPU, so one load at 8 connections tells enough. */
const PYTHON_PEERS: readonly (readonly [string, () => Promise<Peer>])[] = [
  ['mlflow models serve', startMlflowServe],
  ['mlflow models serve, scikit-learn pipeline', startScikitLearnServe],
  ['MLServer', startMlserver],
];

/** A server and its load, or why the server could not be measured here. */
interface Measured {
  readonly what: string;
  readonly load: HttpLoad | string;
  /** Load of the revision that the run compares with. */
  readonly before?: HttpLoad | undefined;
}

/** What the benchmark starts and loads. A test has others. */
const SERVERS = { startEcho, startService, pythonPeers: PYTHON_PEERS, load };

/** One application a request. The server has one core, and the client has another. */
export const httpBench: Benchmark = {
  rows: () =>
    CONNECTIONS.flatMap((connections) =>
      [SERVICE, ECHO, ...pythonPeersAt(connections, PYTHON_PEERS).map(([what]) => what)].flatMap((what) =>
        groupsOf(connections).map((group) => ({ group, what })),
      ),
    ),
  measure: measureHttp,
};

/** Starts only the servers of wanted rows. A load tells both rows of a server. */
export async function measureHttp(run: BenchRun, servers: typeof SERVERS = SERVERS): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const connections of CONNECTIONS) {
    const [rates, cpu] = groupsOf(connections);
    const wanted = (what: string) => [rates, cpu].some((group) => isWanted({ group, what }, run));
    const measured = await inTurns(connections, [SERVICE, ECHO].filter(wanted), run, servers);
    for (const [what, start] of pythonPeersAt(connections, servers.pythonPeers)) {
      if (wanted(what)) measured.push({ what, load: await pythonLoad(start, servers.load) });
    }
    const both = [...measured.map((it) => rateRow(rates, it)), ...measured.map((it) => cpuRow(cpu, it))];
    rows.push(...both.filter((row) => isWanted(row, run)));
  }
  return rows;
}

function pythonPeersAt(connections: number, peers: typeof PYTHON_PEERS): typeof PYTHON_PEERS {
  return connections === CONNECTIONS[0] ? peers : [];
}

/** The groups of the rows in requests per second and in requests per CPU-second. */
function groupsOf(connections: number): readonly [string, string] {
  const conditions = `${connections} connections, one core`;
  return [`HTTP, ${conditions}`, `HTTP CPU, ${conditions}`];
}

/** The service, the service before and the echo run at the same time, and take turns to get requests. */
async function inTurns(
  connections: number,
  names: readonly string[],
  { before, rounds = ROUNDS }: BenchRun,
  { startEcho, startService, load }: typeof SERVERS,
): Promise<Measured[]> {
  const trees = [THIS_TREE, ...(before === undefined ? [] : [before])];
  const running: { what: string; tree: Tree; peer: Peer; loads: HttpLoad[] }[] = [];
  try {
    for (const what of names) {
      for (const tree of what === ECHO ? [THIS_TREE] : trees) {
        const peer = await (what === ECHO ? startEcho() : startService(tree));
        running.push({ what, tree, peer, loads: [] });
      }
    }
    for (const { peer } of running) await load(peer, connections, WARM_UP_SECONDS);
    for (let round = 0; round < rounds; round++) {
      for (const { peer, loads } of running) loads.push(await load(peer, connections, SECONDS));
    }
    const bestOf = (what: string, tree: Tree | undefined) =>
      best(running.find((it) => it.what === what && it.tree === tree)?.loads ?? []);
    return names.map((what) => ({
      what,
      load: bestOf(what, THIS_TREE) ?? '',
      before: bestOf(what, before),
    }));
  } finally {
    for (const { peer } of running) await peer.server.stop();
  }
}

async function pythonLoad(start: () => Promise<Peer>, load: typeof SERVERS.load): Promise<HttpLoad | string> {
  let peer: Peer;
  try {
    peer = await start();
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? '';
  }
  try {
    await load(peer, CONNECTIONS[0], WARM_UP_SECONDS);
    return await load(peer, CONNECTIONS[0], 2 * SECONDS);
  } finally {
    await peer.server.stop();
  }
}

/** The load with the least CPU time. Other work on the machine only adds to the CPU time. */
function best([first, ...rest]: readonly HttpLoad[]): HttpLoad | undefined {
  return rest.reduce(
    (least, it) => (least && it.cpuMicroseconds < least.cpuMicroseconds ? it : least),
    first,
  );
}

function rateRow(group: string, { what, load, before }: Measured): BenchRow {
  if (typeof load === 'string') return notMeasured(group, what, load);
  return {
    group,
    what,
    value: load.requestsPerSecond,
    unit: `requests per second, p99 ${load.p99Milliseconds} ms`,
    ...(before === undefined ? {} : { before: before.requestsPerSecond }),
  };
}

function cpuRow(group: string, { what, load, before }: Measured): BenchRow {
  if (typeof load === 'string') return notMeasured(group, what, load);
  const perCpuSecond = ({ cpuMicroseconds }: HttpLoad) => Math.round(1e6 / cpuMicroseconds);
  return {
    group,
    what,
    value: perCpuSecond(load),
    unit: `requests per CPU-second, ${Math.round(load.cpuMicroseconds)} µs each`,
    ...(before === undefined ? {} : { before: perCpuSecond(before) }),
  };
}

function notMeasured(group: string, what: string, reason: string): BenchRow {
  return { group, what, value: Number.NaN, unit: reason };
}
