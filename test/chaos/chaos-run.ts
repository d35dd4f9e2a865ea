import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { type Faults, NO_FAULTS } from '../support/kinesis-fake/faults.ts';
import { KinesisFake } from '../support/kinesis-fake/kinesis-fake.ts';
import { seededRandom } from '../support/kinesis-fake/random.ts';
import { until } from '../support/until.ts';
import { check, type Verdict } from './checker.ts';
import { LeaseEditor } from './lease-editor.ts';
import { PodProcess } from './pod-process.ts';
import { Producer } from './producer.ts';
import { publishedOn } from './published.ts';
import { checkRejected } from './rejected.ts';

const LEASE_SECONDS = 2;
const PODS = 3;
/** One seed in so many has a record that holds the event loop. Each such record costs several leases. */
const POISON_SEEDS = 5;
const POISON_ATTEMPTS = 2;
/** A few calls always fail. Responses are slow, so that work is in flight whenever a process is hit. */
const USUAL_FAULTS: Faults = {
  ...NO_FAULTS,
  failEntry: 0.05,
  throttle: 0.02,
  resetBefore: 0.01,
  resetAfter: 0.01,
  expireIterator: 0.02,
  delayMilliseconds: 200,
};
const MEMORY_LIMIT_BYTES = 400 * 1024 * 1024;

export interface ChaosOptions {
  readonly seed: number;
  readonly api: KubeApiServer;
  readonly namespace: string;
  /** Duration of the faults. */
  readonly milliseconds: number;
}

export interface ChaosResult extends Verdict {
  readonly seed: number;
  readonly sent: number;
  readonly actions: readonly string[];
  /** Directory with the logs of the pods. It is kept only if there are violations. */
  readonly logs: string;
}

/** One run. Pods consume a stream while faults happen, which the seed chooses. Then the faults end, and the output is checked. */
export class ChaosRun implements AsyncDisposable {
  readonly #options: ChaosOptions;
  readonly #random: () => number;
  readonly #fake: KinesisFake;
  readonly #producer: Producer;
  readonly #editor: LeaseEditor;
  readonly #directory: string;
  readonly #pods: PodProcess[] = [];
  readonly #actions: string[] = [];
  readonly #healing = new Set<Promise<void>>();
  #names = 0;

  private constructor(options: ChaosOptions, fake: KinesisFake) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#fake = fake;
    this.#producer = new Producer(fake.stream('in'), this.#random);
    this.#editor = new LeaseEditor(options.api, options.namespace);
    this.#directory = mkdtempSync(`${tmpdir()}/chaos-${options.seed}-`);
  }

  static async run(options: ChaosOptions): Promise<ChaosResult> {
    const fake = await KinesisFake.start({ seed: options.seed });
    fake.createStreams(4, 'in');
    fake.createStreams(2, 'out', 'rejects');
    await using run = new ChaosRun(options, fake);
    return await run.#run();
  }

  async #run(): Promise<ChaosResult> {
    const { seed, milliseconds } = this.#options;
    for (let index = 0; index < PODS; index++) this.#startPod();
    this.#fake.faults = USUAL_FAULTS;
    this.#producer.put(200);
    if (seed % POISON_SEEDS === 0) this.#producer.putPoison();
    await until('the first records are published', () => this.#published().length > 0, 30_000);
    const deadline = performance.now() + milliseconds;
    while (performance.now() < deadline) {
      this.#producer.put(Math.floor(this.#random() * 60));
      if (this.#random() < 0.3) this.#producer.putAggregate();
      if (this.#random() < 0.3) this.#producer.putHostile();
      await this.#act();
      await delay(100 + this.#random() * 400);
    }
    await this.#mend();
    this.#producer.put(100);
    const missing = () => this.#check().violations.some((it) => it.endsWith('lost'));
    await until('everything is published', () => !missing(), 45_000).catch(() => {});
    await Promise.all(this.#pods.map((pod) => pod.stop()));
    const verdict = this.#check();
    const violations = [...verdict.violations, ...this.#memoryViolations()];
    if (violations.length === 0) rmSync(this.#directory, { recursive: true, force: true });
    return {
      ...verdict,
      violations,
      seed,
      sent: this.#producer.total,
      actions: this.#actions,
      logs: this.#directory,
    };
  }

  #check(): Verdict {
    const { sent, hostile } = this.#producer;
    const verdict = check(sent, this.#published());
    const rejected = checkRejected(hostile, this.#fake.stream('rejects'));
    return { ...verdict, violations: [...verdict.violations, ...rejected] };
  }

  #published() {
    return publishedOn(this.#fake.stream('out'));
  }

  /** A rewind publishes every record again, and so hides records that were lost before. So only even seeds rewind. */
  get #rewinds(): boolean {
    return this.#options.seed % 2 === 0;
  }

  #startPod(): void {
    const { api, namespace, seed } = this.#options;
    const pod = new PodProcess({
      name: `pod-r1-${this.#names++}`,
      directory: this.#directory,
      kinesisUrl: this.#fake.url,
      kubeConfigFile: api.kubeConfigFile,
      namespace,
      group: `chaos-${seed}`,
      leaseSeconds: LEASE_SECONDS,
      environment: { POISON_ATTEMPTS: String(POISON_ATTEMPTS) },
    });
    this.#pods.push(pod);
  }

  async #act(): Promise<void> {
    const actions: Readonly<Record<string, () => Promise<void> | void>> = {
      kill: () => this.#kill(),
      suspend: () => this.#suspend(),
      'stop gracefully': () => this.#stopOne(),
      'stop the API server': () => this.#stopApi(),
      'edit a lease': () => this.#editLease(),
      ...(this.#rewinds ? { 'read a parent again': () => this.#reviveOne() } : {}),
      split: () => this.#split(),
      merge: () => this.#merge(),
      'make Kinesis fail': () => this.#fail(),
      'mend Kinesis': () => {
        this.#fake.faults = USUAL_FAULTS;
      },
      'clock jump': () => this.#pick(this.#pods)?.signal('SIGUSR2'),
    };
    const [name, action] = this.#pick(Object.entries(actions)) ?? [];
    if (!name || !action) return;
    this.#actions.push(name);
    await action();
  }

  async #kill(): Promise<void> {
    const pod = this.#pick(this.#pods.filter((it) => it.running));
    await pod?.kill();
    this.#startPod();
  }

  async #stopOne(): Promise<void> {
    const pod = this.#pick(this.#pods.filter((it) => it.running));
    this.#startPod();
    if (pod) this.#heal(pod.stop());
  }

  /** Suspends a pod for 0.5 to 2 lease durations. If its leases expire, it wakes after it was replaced. */
  #suspend(): void {
    const pod = this.#pick(this.#pods.filter((it) => it.running));
    pod?.signal('SIGSTOP');
    this.#heal(delay(LEASE_SECONDS * 1000 * (0.5 + 1.5 * this.#random())).then(() => pod?.signal('SIGCONT')));
  }

  #stopApi(): void {
    if (this.#actions.filter((action) => action === 'stop the API server').length > 1) return;
    const { api } = this.#options;
    const downMilliseconds = LEASE_SECONDS * 1500 * this.#random();
    this.#heal(
      api
        .stopApi()
        .then(() => delay(downMilliseconds))
        .then(() => api.startApi()),
    );
  }

  async #editLease(): Promise<void> {
    try {
      const lease = this.#pick(await this.#editor.shardLeases());
      if (!lease) return;
      const kind = Math.floor(this.#random() * (this.#rewinds ? 4 : 2));
      if (kind === 0) await this.#editor.setOwner(lease, null);
      else if (kind === 1) await this.#editor.setOwner(lease, 'somebody-else');
      else if (kind === 2) await this.#editor.rewind(lease);
      else await this.#editor.remove(lease);
    } catch {
      // The API server is down, so nobody can edit a lease.
    }
  }

  /** Has a shard read again that is done. Its children must wait meanwhile. */
  async #reviveOne(): Promise<void> {
    try {
      const lease = this.#pick(await this.#editor.doneShardLeases());
      if (lease) await this.#editor.rewind(lease);
    } catch {
      // The API server is down, so nobody can edit a lease.
    }
  }

  #split(): void {
    const stream = this.#fake.stream('in');
    const shard = this.#pick(stream.openShards);
    if (!shard || stream.openShards.length >= 8) return;
    const { startHash, endHash, shardId } = shard.span;
    stream.split(shardId, (startHash + endHash) / 2n);
  }

  #merge(): void {
    const stream = this.#fake.stream('in');
    const open = [...stream.openShards].sort((a, b) => (a.span.startHash < b.span.startHash ? -1 : 1));
    const index = Math.floor(this.#random() * (open.length - 1));
    const [low, high] = [open[index], open[index + 1]];
    if (low && high) stream.merge(low.span.shardId, high.span.shardId);
  }

  #fail(): void {
    const some = (ratio: number) => (this.#random() < 0.5 ? this.#random() * ratio : 0);
    this.#fake.faults = {
      ...USUAL_FAULTS,
      throttle: some(0.5),
      failEntry: 0.05 + some(0.3),
      resetBefore: some(0.2),
      resetAfter: some(0.2),
      expireIterator: some(0.2),
      delayMilliseconds: 200 + some(500),
    };
  }

  async #mend(): Promise<void> {
    this.#fake.faults = NO_FAULTS;
    await Promise.all(this.#healing);
    await this.#options.api.startApi();
    if (!this.#pods.some((pod) => pod.running)) this.#startPod();
  }

  #memoryViolations(): string[] {
    return this.#pods
      .filter((pod) => pod.largestRssBytes() > MEMORY_LIMIT_BYTES)
      .map((pod) => `${pod.name} used ${pod.largestRssBytes()} bytes`);
  }

  #heal(work: Promise<void>): void {
    const healed = work.finally(() => this.#healing.delete(healed));
    this.#healing.add(healed);
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#healing);
    await Promise.all(this.#pods.map((pod) => pod.stop()));
    await this.#editor.close();
    await this.#fake[Symbol.asyncDispose]();
  }
}
