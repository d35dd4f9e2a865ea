import type { Cluster } from '../../operators/rollout/cluster/cluster.ts';
import type { Deployment, Job, Pod } from '../../operators/rollout/cluster/objects.ts';
import type { PodProber } from '../../operators/rollout/cluster/pod-prober.ts';
import type { RolloutEvent } from '../../operators/rollout/decision/events.ts';
import type { AliasReading, Pin } from '../../operators/rollout/decision/rollout.ts';
import {
  MetricsError,
  type MetricsSource,
  type Sample,
} from '../../operators/rollout/measurement/prometheus.ts';
import { Reconciler } from '../../operators/rollout/reconciler.ts';
import { AliasPoll } from '../../operators/rollout/registry/alias-poll.ts';
import type { Registry } from '../../operators/rollout/registry/registry.ts';
import { VersionTagWriter } from '../../operators/rollout/registry/version-tag-writer.ts';
import { KubernetesError } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import { type ModelDeploymentSpec, specSchema } from '../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';
import { ServiceClock } from '../../services/shared/service-clock.ts';
import { ManualClock } from './manual-clock.ts';

/** The defect of a version. It decides which gate has to stop the version. */
export type Flaw =
  | 'none'
  | 'refused by verification'
  | 'crashes verification'
  | 'comes to no verdict'
  | 'flips decisions'
  | 'errs when deciding'
  | 'gives no metrics'
  | 'never loads'
  | 'never becomes ready'
  | 'errs in service'
  | 'crashes in service';

/** Thrown at the await at which the process of the operator dies. */
export class Crash extends Error {}

export const SPEC: ModelDeploymentSpec = specSchema.parse({
  model: 'loan-eligibility',
  registry: { url: 'http://mlflow:5000', alias: 'champion', pollSeconds: 10 },
  target: { deployment: 'inference', container: 'inference' },
  shadow: { minimumSamples: 100, deadlineSeconds: 60 },
  canary: {
    steps: [
      { weightPercent: 10, minimumSamples: 50 },
      { weightPercent: 50, minimumSamples: 50 },
    ],
    stepDeadlineSeconds: 60,
  },
  analysis: {
    prometheus: 'http://prometheus:9090',
    intervalSeconds: 5,
    queries: [{ name: 'error-ratio', query: 'errors{model_version="{{version}}"}', max: 0.01 }],
  },
  soakSeconds: 20,
});

const controller = (kind: string, name: string) => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
  kind,
  name,
  uid: name,
  controller: true,
});

/** Metadata of each pod of the Deployment. */
const OF_DEPLOYMENT = {
  labels: { 'pod-template-hash': '7d4b9c6f58' },
  ownerReferences: [controller('ReplicaSet', 'inference-7d4b9c6f58')],
};

interface SimulatedPod {
  readonly pin: Pin | undefined;
  readonly loaded: Set<string>;
  readonly startTime: string;
}

/**
 * Cluster, registry, Prometheus and pods in memory. `tick` plays the controllers. Every call of the operator passes
 * `onCall` twice, before and after its effect. There a test can make things happen, or make the operator die.
 */
export class RolloutWorld implements Cluster, Registry, MetricsSource, PodProber {
  /** The time of the API server, and the monotonic time of the operator. */
  readonly clock = new ManualClock();
  /** Error of the wall clock of the operator's machine. */
  wallClockErrorMilliseconds = 0;
  readonly flaws = new Map<string, Flaw>();
  readonly tags = new Map<string, string>();
  readonly events: RolloutEvent[] = [];
  readonly pins: (Pin | undefined)[] = [];
  readonly verified = new Set<string>();
  alias: string | undefined;
  registryDown = false;
  metricsDown = false;
  /** Deletion times of the pods that were replaced and still terminate. */
  terminating: { readonly deletionTimestamp: string }[] = [];
  registryReads = 0;
  writes = 0;
  onCall: () => void = () => {};
  /** Called with each status that is stored. */
  onStatus: (before: ModelDeploymentStatus, after: ModelDeploymentStatus) => void = () => {};
  simulatedPods: SimulatedPod[] = [this.newPod(undefined), this.newPod(undefined)];
  #object: ModelDeployment;
  #pin: Pin | undefined;
  #generation = 1;
  #ticksWithoutProgress = 0;
  /** A Deployment whose pods wait for a pin exceeds its progress deadline. The verdict stays until pods move. */
  #stuckSince: string | undefined = '2026-01-01T00:00:00Z';
  #jobs: Job[] = [];
  #jobPods = new Map<string, Pod>();
  readonly #answers = new Map<string, boolean>();
  #reconciler: Reconciler;
  #apiServerTime: ServiceClock | undefined;
  /** True from the call at which the process of the operator died. No later call of this process has an effect. */
  #dead = false;

  constructor(spec: Partial<ModelDeploymentSpec> = {}) {
    this.#object = {
      apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: {
        name: 'loan',
        namespace: 'default',
        uid: 'u1',
        resourceVersion: '1',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: { ...SPEC, ...spec },
    };
    this.#reconciler = this.#start();
  }

  get status(): ModelDeploymentStatus {
    return this.#object.status ?? {};
  }

  get currentPin(): Pin | undefined {
    return this.#pin;
  }

  get unfinishedJobs(): number {
    return this.#jobs.filter((job) => job.status === undefined).length;
  }

  /** Starts the operator as another process, with nothing in memory. */
  restart(): void {
    this.#dead = false;
    this.#reconciler = this.#start();
  }

  edit(spec: Partial<ModelDeploymentSpec>): void {
    const generation = (this.#object.metadata.generation ?? 0) + 1;
    this.#store({ ...this.#object, spec: { ...this.#object.spec, ...spec } }, { generation });
  }

  annotate(key: string, value: string): void {
    this.mark({ annotations: { ...this.#object.metadata.annotations, [key]: value } });
  }

  /** Lets another client write into the metadata of the object. */
  mark(metadata: Partial<ModelDeployment['metadata']>): void {
    this.#store(this.#object, metadata);
  }

  /** Reconciles once. No time passes. */
  async look(): Promise<void> {
    await this.#reconciler.reconcile('loan');
  }

  /** Reconciles once, then ticks, then moves time to the next reconcile. @returns false if the operator died */
  async step(): Promise<boolean> {
    let wait: number | undefined;
    try {
      wait = await this.#reconciler.reconcile('loan');
    } catch (error) {
      if (!(error instanceof Crash || error instanceof KubernetesError)) throw error;
    }
    const alive = !this.#dead;
    if (!alive) {
      this.restart();
      wait = undefined;
    }
    this.tick();
    this.clock.advance(wait ?? 100);
    return alive;
  }

  /** Steps until `holds` gives true. @throws Error with the status, after `steps` steps */
  async until(what: string, holds: () => boolean, steps = 500): Promise<void> {
    for (let step = 0; !holds(); step++) {
      if (step === steps)
        throw new Error(`not within ${steps} steps: ${what}; ${JSON.stringify(this.status)}`);
      await this.step();
    }
  }

  /** Promotes a version and waits until the version is stable or refused. */
  async promote(version: string, flaw: Flaw = 'none'): Promise<void> {
    this.flaws.set(version, flaw);
    this.alias = version;
    await this.until(`version ${version} settles`, () => this.settled);
  }

  /** True if the version of the alias is served or refused, and no rollout is under way. */
  get settled(): boolean {
    const { phase, stable, candidate, failed } = this.status;
    if (candidate !== undefined || phase === undefined || phase === 'Soaking') return false;
    const pinned = stable?.version;
    const rolledOut =
      this.#pin?.version === pinned && this.simulatedPods.every((pod) => pod.pin?.version === pinned);
    // A first promotion that was given up leaves its pin, because its version was verified. A refusal leaves none.
    const leftOver = stable === undefined && this.#pin?.version !== failed?.version;
    if (!rolledOut && !leftOver) return false;
    return this.alias === undefined || this.alias === stable?.version || this.alias === failed?.version;
  }

  newPod(pin: Pin | undefined): SimulatedPod {
    return { pin, loaded: new Set(), startTime: new Date(this.clock.now()).toISOString() };
  }

  /** Controllers and pods do a part of their work. */
  tick(): void {
    for (const job of this.#jobs) if (job.status === undefined) this.#finish(job);
    const old = this.simulatedPods.findIndex((pod) => pod.pin?.version !== this.#pin?.version);
    const flaw = this.flaws.get(this.#pin?.version ?? '');
    const starts = flaw !== 'never loads' && flaw !== 'never becomes ready';
    this.#ticksWithoutProgress = old >= 0 && !starts ? this.#ticksWithoutProgress + 1 : 0;
    if (this.#ticksWithoutProgress === 10) this.#stuckSince = new Date(this.clock.now()).toISOString();
    if (old >= 0 && starts) {
      this.simulatedPods[old] = this.newPod(this.#pin);
      this.#stuckSince = undefined;
    }
    const { candidate } = this.status;
    if (candidate?.mode === undefined || this.flaws.get(candidate.version) === 'never loads') return;
    for (const pod of this.simulatedPods) if (!this.#crashes(pod)) pod.loaded.add(candidate.version);
  }

  /** A pod that crashes again and again has the phase Running, but answers no request. */
  #crashes({ pin }: SimulatedPod): boolean {
    return this.flaws.get(pin?.version ?? '') === 'crashes in service';
  }

  // ---- Cluster

  modelDeployments(): readonly ModelDeployment[] {
    return [this.#object];
  }

  modelDeployment(): ModelDeployment {
    return this.#object;
  }

  deployment(name: string): Deployment | undefined {
    if (name !== 'inference') return undefined;
    const updated = this.simulatedPods.filter((pod) => pod.pin?.version === this.#pin?.version).length;
    const stuck = this.#stuckSince;
    const env = this.#pin && [
      { name: 'MODEL_VERSION', value: this.#pin.version },
      { name: 'MODEL_DIGEST', value: this.#pin.digest },
    ];
    return {
      metadata: { name, generation: this.#generation },
      spec: {
        replicas: this.simulatedPods.length,
        selector: { matchLabels: { app: 'inference' } },
        template: {
          spec: { containers: [{ name: 'inference', image: 'inference:1', ...(env ? { env } : {}) }] },
        },
      },
      status: {
        observedGeneration: this.#generation,
        replicas: this.simulatedPods.length,
        updatedReplicas: updated,
        availableReplicas: this.simulatedPods.filter((pod) => pod.pin !== undefined && !this.#crashes(pod))
          .length,
        conditions: stuck
          ? [
              {
                type: 'Progressing',
                status: 'False',
                reason: 'ProgressDeadlineExceeded',
                message: 'no progress',
                lastUpdateTime: stuck,
              },
            ]
          : [],
      },
    };
  }

  jobs(): readonly Job[] {
    return this.#jobs;
  }

  async pods(labelSelector: string): Promise<readonly Pod[]> {
    await this.#call();
    const job = /^batch.kubernetes.io\/job-name=(.+)$/.exec(labelSelector)?.[1];
    if (job !== undefined) return [this.#jobPods.get(job)].filter((pod) => pod !== undefined);
    const terminating = this.terminating.map((metadata, index) => ({
      metadata: { ...OF_DEPLOYMENT, name: `terminating-${index}`, ...metadata },
      status: { phase: 'Running', podIP: '10.0.0.1' },
    }));
    const staying = this.simulatedPods.map((pod, index) => ({
      metadata: { ...OF_DEPLOYMENT, name: String(index) },
      status: { phase: 'Running', podIP: '10.0.0.1', startTime: pod.startTime },
    }));
    return [...staying, ...terminating];
  }

  async createJob(job: Job): Promise<void> {
    await this.#effect(() => {
      const { name } = job.metadata;
      if (this.#jobs.some(({ metadata }) => metadata.name === name)) return;
      this.#jobs.push({ ...job, metadata: { ...job.metadata, uid: name } });
    });
  }

  async deleteJob(name: string): Promise<void> {
    await this.#effect(() => {
      this.#jobs = this.#jobs.filter(({ metadata }) => metadata.name !== name);
    });
  }

  async pin(_deployment: string, _container: string, pin: Pin | undefined): Promise<void> {
    await this.#effect(() => {
      this.#pin = pin;
      this.#generation++;
      this.#ticksWithoutProgress = 0;
      this.pins.push(pin);
    });
  }

  async updateStatus(object: ModelDeployment, status: ModelDeploymentStatus): Promise<void> {
    await this.#effect(() => {
      this.#guard(object);
      this.onStatus(this.status, status);
      this.#store({ ...this.#object, status }, {});
    });
  }

  async setFinalizers(object: ModelDeployment, finalizers: readonly string[]): Promise<void> {
    await this.#effect(() => {
      this.#guard(object);
      this.#store(this.#object, { finalizers });
    });
  }

  async wake(_name: string, token: string): Promise<void> {
    this.annotate('serving.loan-eligibility.dev/wake', token);
  }

  async recordEvent(_object: ModelDeployment, event: RolloutEvent): Promise<void> {
    await this.#effect(() => this.events.push(event));
  }

  // ---- Registry

  async readAlias(): Promise<AliasReading> {
    await this.#call();
    this.registryReads++;
    if (this.registryDown) return { kind: 'unreachable', message: 'no answer' };
    return this.alias === undefined ? { kind: 'absent' } : { kind: 'version', version: this.alias };
  }

  async setTag(_url: string, _model: string, version: string, key: string, value: string): Promise<void> {
    await this.#effect(() => this.tags.set(`${version} ${key}`, value));
  }

  // ---- MetricsSource

  async query(_url: string, promql: string): Promise<readonly Sample[]> {
    await this.#call();
    if (this.metricsDown) throw new MetricsError('unreachable', 'no answer');
    const version = /model_version="([^"]+)"/.exec(promql)?.[1] ?? '';
    return this.#measure(promql, this.flaws.get(version) ?? 'none', version);
  }

  // ---- PodProber

  async hasLoaded(pod: Pod, _container: string, _model: string, version: string): Promise<boolean> {
    await this.#call();
    const simulated = this.simulatedPods[Number(pod.metadata.name)];
    const loaded =
      simulated !== undefined &&
      !this.#crashes(simulated) &&
      (simulated.loaded.has(version) || simulated.pin?.version === version);
    this.#answers.set(`${pod.metadata.name} ${version}`, loaded);
    return loaded;
  }

  /** Whether each pod reported the version as loaded when it was last asked. */
  reportedLoaded(version: string): boolean {
    return this.simulatedPods.every((_, index) => this.#answers.get(`${index} ${version}`));
  }

  #start(): Reconciler {
    const machine = {
      now: () => this.clock.now() + this.wallClockErrorMilliseconds,
      monotonic: () => this.clock.monotonic(),
      sleep: (milliseconds: number, signal?: AbortSignal) => this.clock.sleep(milliseconds, signal),
    };
    this.#apiServerTime = new ServiceClock(machine);
    this.#answer();
    const apiServerTime = this.#apiServerTime;
    const clock = { ...machine, now: () => apiServerTime.now() };
    return new Reconciler({
      cluster: this,
      aliases: new AliasPoll(this, clock),
      metrics: this,
      prober: this,
      versionTags: new VersionTagWriter(this),
      clock,
      verificationCommand: ['verify'],
    });
  }

  /** An answer of the API server, with its time. */
  #answer(): void {
    this.#apiServerTime?.learn(new Date(this.clock.now()).toUTCString(), this.clock.monotonic());
  }

  #measure(promql: string, flaw: Flaw, version: string): readonly Sample[] {
    const sample = (value: number, labels: Record<string, string> = {}): Sample => ({ labels, value });
    if (flaw === 'gives no metrics') return [];
    if (promql.startsWith('errors{')) {
      const inService = this.status.stable?.version === version;
      const errs = flaw === 'errs when deciding' ? !inService : flaw === 'errs in service' && inService;
      return [sample(errs ? 0.5 : 0)];
    }
    const flips = flaw === 'flips decisions';
    if (promql.includes('comparisons')) {
      return [
        sample(flips ? 40 : 190, { agreement: 'agree' }),
        sample(flips ? 160 : 10, { agreement: 'flip' }),
      ];
    }
    if (promql.includes('probability')) {
      return ['stable', 'candidate'].flatMap((scored_by) =>
        [['0.5', 80] as const, ['+Inf', 200] as const].map(([le, count]) => sample(count, { scored_by, le })),
      );
    }
    if (promql.includes('shadow_decisions')) {
      return ['stable', 'candidate'].flatMap((scored_by) =>
        ['true', 'false'].map((decision) => sample(100, { scored_by, group: '', value: '', decision })),
      );
    }
    return [sample(promql.includes('error') ? 0 : 200)];
  }

  #finish(job: Job): void {
    const version = job.metadata.annotations?.['serving.loan-eligibility.dev/version'] ?? '';
    const flaw = this.flaws.get(version) ?? 'none';
    const terminated = this.#verification(version, flaw);
    this.#jobPods.set(job.metadata.name, {
      metadata: { name: `${job.metadata.name}-pod`, ownerReferences: [controller('Job', job.metadata.name)] },
      status: { containerStatuses: [{ name: 'verify', state: { terminated } }] },
    });
    const type = terminated.exitCode === 0 ? 'Complete' : 'Failed';
    this.#jobs = this.#jobs.map((other) =>
      other === job ? { ...job, status: { conditions: [{ type, status: 'True' }] } } : other,
    );
  }

  #verification(version: string, flaw: Flaw) {
    if (this.registryDown) return { exitCode: 2 };
    if (flaw === 'comes to no verdict') {
      return {
        exitCode: 2,
        message: JSON.stringify({ passed: false, reason: 'X', message: 'no artifacts' }),
      };
    }
    if (flaw === 'crashes verification') return { exitCode: 139, reason: 'Error' };
    const passed = flaw !== 'refused by verification';
    if (passed) this.verified.add(version);
    const result = {
      passed,
      reason: 'GoldenSampleMismatch',
      message: 'off',
      digest: digestOf(version),
      runId: `run-${version}`,
    };
    return { exitCode: passed ? 0 : 1, message: JSON.stringify(result) };
  }

  #guard(object: KubernetesObject): void {
    if (object.metadata.resourceVersion === this.#object.metadata.resourceVersion) return;
    throw new KubernetesError('the object has changed', { status: 409, reason: 'Conflict' });
  }

  #store(object: ModelDeployment, metadata: Partial<ModelDeployment['metadata']>): void {
    const resourceVersion = String(Number(this.#object.metadata.resourceVersion) + 1);
    this.#object = { ...object, metadata: { ...object.metadata, ...metadata, resourceVersion } };
  }

  async #effect(happen: () => unknown): Promise<void> {
    await this.#call();
    happen();
    this.writes++;
    await this.#call();
  }

  async #call(): Promise<void> {
    await Promise.resolve();
    if (this.#dead) throw new Crash();
    this.#answer();
    try {
      this.onCall();
    } catch (error) {
      this.#dead = error instanceof Crash;
      throw error;
    }
  }
}

export function digestOf(version: string): string {
  return `sha256:${version.repeat(8)}`;
}
