import { type BenchRun, isWanted } from './bench-case.ts';
import type { BenchRow } from './bench-table.ts';
import { type HttpLoad, load } from './http-load.ts';
import {
  type Peer,
  startEcho,
  startMlflowServe,
  startMlserver,
  startScikitLearnServe,
  startService,
} from './http-peers.ts';
import { THIS_TREE } from './tree.ts';

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

/** One application a request. The server has one core, and the client has another. */
export async function httpBench(run: BenchRun): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const connections of CONNECTIONS) {
    const group = `${connections} connections, one core`;
    const wanted = (what: string) =>
      isWanted({ group: `HTTP, ${group}`, what }, run) ||
      isWanted({ group: `HTTP CPU, ${group}`, what }, run);
    const measured: Measured[] = [];
    if (wanted(SERVICE) || wanted(ECHO)) measured.push(...(await besideEcho(connections, run)));
    for (const [what, start] of connections === CONNECTIONS[0] ? PYTHON_PEERS : []) {
      if (wanted(what)) measured.push({ what, load: await pythonLoad(start) });
    }
    rows.push(...measured.map((it) => rateRow(`HTTP, ${group}`, it)));
    rows.push(...measured.flatMap((it) => cpuRow(`HTTP CPU, ${group}`, it)));
  }
  return rows;
}

/** The service, the service before and the echo run at the same time, and take turns to get requests. */
async function besideEcho(connections: number, run: BenchRun): Promise<Measured[]> {
  const trees = [THIS_TREE, ...(run.before === undefined ? [] : [run.before])];
  const starts = [startEcho, ...trees.map((tree) => () => startService(tree))];
  const peers: Peer[] = [];
  try {
    for (const start of starts) peers.push(await start());
    for (const peer of peers) await load(peer, connections, WARM_UP_SECONDS);
    const loads = peers.map((): HttpLoad[] => []);
    for (let round = 0; round < (run.rounds ?? ROUNDS); round++) {
      for (const [index, peer] of peers.entries()) loads[index]?.push(await load(peer, connections, SECONDS));
    }
    const [echo, service, before] = loads.map(best);
    return [
      { what: SERVICE, load: service ?? '', before },
      { what: ECHO, load: echo ?? '' },
    ];
  } finally {
    for (const peer of peers) await peer.server.stop();
  }
}

async function pythonLoad(start: () => Promise<Peer>): Promise<HttpLoad | string> {
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
  if (typeof load === 'string') return { group, what, value: Number.NaN, unit: load };
  return {
    group,
    what,
    value: load.requestsPerSecond,
    unit: `requests per second, p99 ${load.p99Milliseconds} ms`,
    ...(before === undefined ? {} : { before: before.requestsPerSecond }),
  };
}

function cpuRow(group: string, { what, load, before }: Measured): BenchRow[] {
  if (typeof load === 'string') return [];
  const perCpuSecond = ({ cpuMicroseconds }: HttpLoad) => Math.round(1e6 / cpuMicroseconds);
  return [
    {
      group,
      what,
      value: perCpuSecond(load),
      unit: `requests per CPU-second, ${Math.round(load.cpuMicroseconds)} µs each`,
      ...(before === undefined ? {} : { before: perCpuSecond(before) }),
    },
  ];
}
