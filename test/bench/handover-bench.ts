import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type KubeApiServer, startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../services/stream/lease/kubernetes-lease-store.ts';
import { PodProcess } from '../chaos/pod-process.ts';
import { KinesisFake } from '../support/kinesis-fake/kinesis-fake.ts';
import { until } from '../support/until.ts';
import type { BenchRow } from './bench-table.ts';
import { DeliveryTimes } from './delivery-times.ts';

const LEASE_SECONDS = 10;
const CLEAN_STOPS = 50;
const CRASHES = 3;
const REPLACED_PODS = 4;
const REPLACED_SHARDS = 16;
const JOIN_MILLISECONDS = 60_000;

/**
 * Measures for how long nobody reads a shard, by the record that waits longest. The owner stops, the owner is killed, or
 * all owners are replaced one after another. Each owner is a process of its own, on a real Kubernetes API.
 */
export async function handoverBench(): Promise<BenchRow[]> {
  await using api = await startKubeApiServer();
  return [...(await cleanStops(api)), ...(await crashes(api)), ...(await rollingReplacement(api))];
}

async function cleanStops(api: KubeApiServer): Promise<BenchRow[]> {
  await using group = await PodGroup.start(api, 'stops', 1);
  let owner = await group.join();
  const waits: number[] = [];
  for (let round = 0; round < CLEAN_STOPS; round++) {
    const successor = await group.join();
    waits.push(await group.longestWait(() => owner.stop()));
    owner = successor;
  }
  waits.sort((a, b) => a - b);
  const [median, worst] = [waits[Math.floor(waits.length / 2)] ?? Number.NaN, waits.at(-1) ?? Number.NaN];
  const what = `clean stop, ${CLEAN_STOPS} times`;
  return [row(`${what}: median`, median), row(`${what}: longest (bar 1,000 ms)`, worst)];
}

/** A replacement starts right after each crash, because Kubernetes does the same. */
async function crashes(api: KubeApiServer): Promise<BenchRow[]> {
  await using group = await PodGroup.start(api, 'crashes', 2);
  let pods: readonly [PodProcess, PodProcess] = [await group.join(), await group.join()];
  let worst = 0;
  for (let round = 0; round < CRASHES; round++) {
    const [victim, survivor] = pods;
    await until('the shards are shared', () => group.isShared(pods), JOIN_MILLISECONDS);
    let replacement = survivor;
    const wait = await group.longestWait(async () => {
      await victim.kill();
      replacement = await group.join();
    });
    worst = Math.max(worst, wait);
    pods = [survivor, replacement];
  }
  const bar = (LEASE_SECONDS + 1) * 1000;
  return [row(`kill -9, ${CRASHES} times, lease ${LEASE_SECONDS} s: longest (bar ${bar} ms)`, worst)];
}

async function rollingReplacement(api: KubeApiServer): Promise<BenchRow[]> {
  await using group = await PodGroup.start(api, 'replacement', REPLACED_SHARDS);
  const old: PodProcess[] = [];
  for (let index = 0; index < REPLACED_PODS; index++) old.push(await group.join('old'));
  await until('the shards are shared', () => group.isShared(old), JOIN_MILLISECONDS);
  const epochs = group.epochs();
  const young: PodProcess[] = [];
  const worst = await group.longestWait(async () => {
    for (const leaving of old) {
      young.push(await group.join('new'));
      await leaving.stop();
    }
    await until('the new pods own all shards', () => group.isShared(young), JOIN_MILLISECONDS);
  });
  const moves = [...group.epochs()].map(([shard, epoch]) => epoch - (epochs.get(shard) ?? 0));
  const what = `replacement of ${REPLACED_PODS} processes, ${REPLACED_SHARDS} shards`;
  return [
    row(`${what}: longest (bar 2,000 ms)`, worst),
    { group: 'moves of a shard', what: `${what}: most (bar 2)`, value: Math.max(...moves), unit: 'moves' },
  ];
}

function row(what: string, milliseconds: number): BenchRow {
  return { group: 'a shard unread', what, value: milliseconds, unit: 'ms' };
}

/** The consumer processes of one group, and the stream that they read. */
class PodGroup implements AsyncDisposable {
  readonly #api: KubeApiServer;
  readonly #name: string;
  readonly #fake: KinesisFake;
  readonly #store: KubernetesLeaseStore;
  readonly #deliveries: DeliveryTimes;
  readonly #directory = mkdtempSync(`${tmpdir()}/handover-bench-`);
  readonly #pods: PodProcess[] = [];

  private constructor(api: KubeApiServer, name: string, fake: KinesisFake) {
    this.#api = api;
    this.#name = name;
    this.#fake = fake;
    this.#deliveries = new DeliveryTimes(fake.stream('in'), fake.stream('out'));
    this.#store = new KubernetesLeaseStore({
      client: new KubernetesClient({ kubeConfig: api.kubeConfig }),
      namespace: 'default',
      group: name,
      stream: 'in',
      leaseMilliseconds: LEASE_SECONDS * 1000,
      clock: systemClock,
      logger: createLogger({ component: 'bench', level: 'warn' }),
    });
  }

  static async start(api: KubeApiServer, name: string, shards: number): Promise<PodGroup> {
    const fake = await KinesisFake.start();
    fake.createStreams(shards, 'in');
    fake.createStreams(shards, 'out', 'rejects');
    const group = new PodGroup(api, name, fake);
    await group.#store.start(() => {}, new AbortController().signal);
    return group;
  }

  /** Starts a process and waits until it is a member. */
  async join(revision = 'r1'): Promise<PodProcess> {
    const pod = new PodProcess({
      name: `pod-${revision}-${this.#pods.length}`,
      directory: this.#directory,
      kinesisUrl: this.#fake.url,
      kubeConfigFile: this.#api.kubeConfigFile,
      namespace: 'default',
      group: this.#name,
      leaseSeconds: LEASE_SECONDS,
      // A steady pace: the benchmark measures the hand-over, not how soon an idle shard is read.
      environment: {
        POLL_INTERVAL_MILLISECONDS: '200',
        MAX_POLL_INTERVAL_MILLISECONDS: '200',
        HAND_OFF_SECONDS: '10',
      },
    });
    this.#pods.push(pod);
    const isMember = () => this.#store.members().some(({ name }) => name === pod.name);
    await until(`${pod.name} is a member`, isMember, JOIN_MILLISECONDS);
    return pod;
  }

  isShared(pods: readonly PodProcess[]): boolean {
    const owners = this.#store.leases().map(({ owner }) => owner);
    const share = owners.length / pods.length;
    return owners.length > 0 && pods.every(({ name }) => owners.filter((it) => it === name).length === share);
  }

  epochs(): ReadonlyMap<string, number> {
    return new Map(this.#store.leases().map(({ shardId, epoch }) => [shardId, epoch]));
  }

  /** The longest wait of a record around `action`, in milliseconds. Ends when every shard is read again. */
  longestWait(action: () => Promise<void>): Promise<number> {
    return this.#deliveries.longest(action);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pods.map((pod) => pod.stop()));
    await this.#store.stop();
    await this.#fake[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await handoverBench());
