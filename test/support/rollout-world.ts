import type { z } from 'zod';
import type { Cluster } from '../../operators/rollout/cluster/cluster.ts';
import type { Deployment, Job, Pod } from '../../operators/rollout/cluster/objects.ts';
import type { PodProber } from '../../operators/rollout/cluster/pod-prober.ts';
import { isSameDecision } from '../../operators/rollout/cluster/same-decision.ts';
import type { KeysReading } from '../../operators/rollout/cluster/trusted-keys.ts';
import type { RolloutEvent } from '../../operators/rollout/decision/events.ts';
import type { AliasReading, Pin } from '../../operators/rollout/decision/rollout.ts';
import { PatientMetrics } from '../../operators/rollout/measurement/patient-metrics.ts';
import type { MetricsSource, Sample } from '../../operators/rollout/measurement/prometheus.ts';
import { Reconciler } from '../../operators/rollout/reconciler.ts';
import type { AuditSink } from '../../operators/rollout/record/audit-sink.ts';
import { AuditTrail } from '../../operators/rollout/record/audit-trail.ts';
import { AliasPoll } from '../../operators/rollout/registry/alias-poll.ts';
import type { MlflowServer } from '../../operators/rollout/registry/mlflow-servers.ts';
import type { Registry, TagsReading } from '../../operators/rollout/registry/registry.ts';
import { StatementPoll } from '../../operators/rollout/registry/statement-poll.ts';
import { VersionTagWriter } from '../../operators/rollout/registry/version-tag-writer.ts';
import { SlowServers } from '../../operators/rollout/servers/slow-servers.ts';
import type { AuditRecord } from '../../services/shared/agreements/audit-record.ts';
import { CANARY_WAIT_MILLISECONDS } from '../../services/shared/agreements/canary-wait.ts';
import { ISOLATED_CANARY } from '../../services/shared/agreements/kubernetes-names.ts';
import { KubernetesError } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../services/shared/logging.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import { type ModelDeploymentSpec, specSchema } from '../../services/shared/model-deployment/spec.ts';
import { type ModelDeploymentStatus, statusSchema } from '../../services/shared/model-deployment/status.ts';
import { ServiceClock } from '../../services/shared/service-clock.ts';
import { ManualClock } from './manual-clock.ts';
import { Denials } from './rollout-world/denials.ts';
import type { Flaw, FlawOf } from './rollout-world/flaw.ts';
import { SimulatedDeployment, type SimulatedPod } from './rollout-world/simulated-deployment.ts';
import { SimulatedIsolatedPods } from './rollout-world/simulated-isolated-pods.ts';
import { SimulatedJobs } from './rollout-world/simulated-jobs.ts';
import { SimulatedPrometheus } from './rollout-world/simulated-prometheus.ts';
import { REGISTRY_URL, SimulatedRegistry } from './rollout-world/simulated-registry.ts';

export { digestOf, type Flaw } from './rollout-world/flaw.ts';

/** Thrown at the await at which the process of the operator dies. */
export class Crash extends Error {}

export const SPEC: ModelDeploymentSpec = specSchema.parse({
  model: 'loan-eligibility',
  registry: { url: REGISTRY_URL, alias: 'champion', pollSeconds: 10 },
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

/** Time-outs of the operator's clients. */
const REGISTRY_TIMEOUT_MILLISECONDS = 5_000;
const PROMETHEUS_TIMEOUT_MILLISECONDS = 10_000;
/** Back-off of the work queue. */
const BACKOFF = { baseMilliseconds: 200, maximumMilliseconds: 30_000 };
/** Time from a change of the object to the next reconcile. */
const WAKE_MILLISECONDS = 100;
const BUSY_WRITE_MILLISECONDS = 1_000;
const logger = createLogger({ component: 'test', level: 'silent' });

/**
 * Cluster, registry, Prometheus and pods in memory. `tick` plays the controllers. Every call of the operator passes
 * `onCall` twice, before and after its effect. There a test can make things happen, or make the operator die.
 */
export class RolloutWorld implements Cluster, Registry, MetricsSource, PodProber {
  /** The time of the API server, and the monotonic time of the operator. */
  readonly clock = new ManualClock();
  /** Error of the wall clock of the operator's machine. */
  wallClockErrorMilliseconds = 0;
  /** Error of the clock of the API server's machine. */
  serverClockErrorMilliseconds = 0;
  readonly flaws = new Map<string, Flaw>();
  readonly tags = new Map<string, string>();
  readonly events: RolloutEvent[] = [];
  readonly pins: (Pin | undefined)[] = [];
  /** The pods that run a candidate apart from the target. */
  readonly isolated = new SimulatedIsolatedPods();
  /** What the audit record has. */
  readonly audit: AuditRecord[] = [];
  /** Whether the next write into the audit record fails. */
  auditFails: () => boolean = () => false;
  readonly #flawOf: FlawOf = (version = '') => this.flaws.get(version) ?? 'none';
  readonly target = new SimulatedDeployment(
    { now: () => this.serverNow(), monotonic: () => this.clock.monotonic() },
    this.#flawOf,
  );
  readonly registry = new SimulatedRegistry();
  readonly prometheus = new SimulatedPrometheus(this.#flawOf);
  readonly denials = new Denials();
  /** The schema of the status in the CRD of the API server. */
  crd: z.ZodType = statusSchema;
  /** A part of the status that the CRD does not know. The API server drops it without a word. */
  droppedPart: keyof ModelDeploymentStatus | undefined;
  /** Why the last known values of a Secret are used, by the name of the Secret. */
  readonly secretTroubles = new Map<string, string>();
  /** What the ConfigMap of the trusted keys has. */
  keys: KeysReading = { kind: 'unreadable', message: 'the ConfigMap does not exist' };
  /** True if a change of the Deployment or of a Job wakes the operator, as it does outside of tests. */
  watchesCluster = false;
  /** False if a reconcile does not wait for the calls to MLflow that run beside it. */
  waitsForRegistry = true;
  /** True while another client writes into the metadata of the object once a second. */
  metadataIsBusy = false;
  writes = 0;
  onCall: () => void = () => {};
  /** Called with each status that is stored. */
  onStatus: (before: ModelDeploymentStatus, after: ModelDeploymentStatus) => void = () => {};
  readonly #jobs = new SimulatedJobs(this.registry, this.#flawOf);
  #object: ModelDeployment;
  #deleted = false;
  #busyWriteAt = 0;
  #failures = 0;
  #woken = false;
  #reconciles = 0;
  /** Calls to MLflow that have no answer yet. */
  #registryCalls = 0;
  /** True if a read of the alias has ended since the last reconcile. */
  #read = false;
  /** Answer of each pod for each version, and the reconciles in which the pods were listed first. */
  readonly #answers = new Map<string, boolean>();
  readonly #listedIn = new Map<string, number>();
  #reconciler: Reconciler;
  #aliases!: AliasPoll;
  #statements!: StatementPoll;
  #versionTags!: VersionTagWriter;
  #trail!: AuditTrail;
  #apiServerTime: ServiceClock | undefined;
  /** True from the call at which the process of the operator died. No later call of this process has an effect. */
  #dead = false;
  #wakeToken: string | undefined;

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

  get alias(): string | undefined {
    return this.registry.alias;
  }

  set alias(version: string | undefined) {
    this.registry.alias = version;
  }

  get registryReads(): number {
    return this.registry.reads;
  }

  get registryDown(): boolean {
    return this.registry.mode === 'unreachable';
  }

  set registryDown(down: boolean) {
    this.registry.mode = down ? 'unreachable' : 'answers';
  }

  get metricsDown(): boolean {
    return this.prometheus.mode === 'unreachable';
  }

  set metricsDown(down: boolean) {
    this.prometheus.mode = down ? 'unreachable' : 'answers';
  }

  get verified(): ReadonlySet<string> {
    return this.#jobs.verified;
  }

  get verifiedDigests(): ReadonlySet<string> {
    return this.#jobs.verifiedDigests;
  }

  get simulatedPods(): SimulatedPod[] {
    return this.target.pods;
  }

  set simulatedPods(pods: SimulatedPod[]) {
    this.target.pods = pods;
  }

  get terminating(): SimulatedDeployment['terminating'] {
    return this.target.terminating;
  }

  set terminating(pods: SimulatedDeployment['terminating']) {
    this.target.terminating = pods;
  }

  get currentPin(): Pin | undefined {
    return this.target.pin;
  }

  /** Whether the Deployment has the container that the spec names. */
  get targetIsFound(): boolean {
    return this.target.container === this.#object.spec.target.container;
  }

  get unfinishedJobs(): number {
    return this.#jobs.unfinished;
  }

  /** The time on the clock of the API server's machine. */
  serverNow(): number {
    return this.clock.now() + this.serverClockErrorMilliseconds;
  }

  /** Starts the operator as another process, with nothing in memory. */
  restart(): void {
    this.#dead = false;
    this.#failures = 0;
    // A process that died tries nothing again.
    void this.#aliases.stop();
    void this.#statements.stop();
    void this.#versionTags.stop();
    void this.#trail.stop();
    this.#reconciler = this.#start();
  }

  edit(spec: Partial<ModelDeploymentSpec>): void {
    const generation = (this.#object.metadata.generation ?? 0) + 1;
    this.#store({ ...this.#object, spec: { ...this.#object.spec, ...spec } }, { generation });
    this.#woken = true;
  }

  annotate(key: string, value: string): void {
    this.mark({ annotations: { ...this.#object.metadata.annotations, [key]: value } });
  }

  /** Lets another client write into the metadata of the object. */
  mark(metadata: Partial<ModelDeployment['metadata']>): void {
    this.#store(this.#object, metadata);
    this.#woken = true;
  }

  /** Another client deletes the ModelDeployment. Its Jobs go with it. */
  deleteObject(): void {
    this.#deleted = true;
    for (const { metadata } of this.#jobs.list()) this.#jobs.delete(metadata.name);
    const { status: _, ...object } = this.#object;
    const uid = `${this.#object.metadata.uid}+`;
    this.#store(object, { uid, generation: 1, annotations: {} });
  }

  /** Another client creates the ModelDeployment again after `deleteObject`, with its spec and without a status. */
  recreateObject(): void {
    this.#deleted = false;
    this.#woken = true;
  }

  get exists(): boolean {
    return !this.#deleted;
  }

  /** Reconciles once. No time passes. */
  async look(): Promise<void> {
    await this.#reconcile();
  }

  /** Reconciles once, then ticks, then moves time to the next reconcile. @returns false if the operator died */
  async step(): Promise<boolean> {
    let wait: number | undefined;
    this.#woken = false;
    try {
      wait = await this.#whileTimePasses(this.#reconcile());
      this.#failures = 0;
    } catch (error) {
      if (!(error instanceof Crash || error instanceof KubernetesError)) throw error;
      // The longest wait that the queue may choose.
      wait = Math.min(BACKOFF.maximumMilliseconds, BACKOFF.baseMilliseconds * 2 ** this.#failures++);
    }
    const alive = !this.#dead;
    if (!alive) {
      this.restart();
      wait = undefined;
    }
    const before = this.#watched();
    this.tick();
    const next = wait ?? WAKE_MILLISECONDS;
    const woken = this.#woken || (this.watchesCluster && before !== this.#watched());
    this.clock.advance(woken ? Math.min(next, WAKE_MILLISECONDS) : next);
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

  /** True if every transition of the status is in the record. */
  get isRecorded(): boolean {
    const { transitions, recordedSequence } = this.status;
    return recordedSequence === transitions?.[0]?.sequence;
  }

  /** True if the version of the alias is served or refused, all is recorded, and no rollout is under way. */
  get settled(): boolean {
    const { phase, stable, candidate, failed } = this.status;
    if (candidate !== undefined || phase === undefined || phase === 'Soaking') return false;
    if (!this.isRecorded) return false;
    const pinned = stable?.version;
    const pin = this.currentPin;
    const rolledOut =
      pin?.version === pinned && this.simulatedPods.every((pod) => pod.pin?.version === pinned);
    // A first promotion that was given up leaves its pin, because its version was verified. A refusal leaves none.
    const leftOver = stable === undefined && pin?.version !== failed?.version;
    if (!rolledOut && !leftOver) return false;
    return this.alias === undefined || this.alias === stable?.version || this.alias === failed?.version;
  }

  newPod(pin: Pin | undefined): SimulatedPod {
    return this.target.newPod(pin);
  }

  /** Controllers and pods do a part of their work. */
  tick(): void {
    this.#jobs.tick();
    this.target.tick(this.status);
  }

  // ---- Cluster

  modelDeployments(): readonly ModelDeployment[] {
    return this.#deleted ? [] : [this.#object];
  }

  modelDeployment(): ModelDeployment;
  modelDeployment(name: string): ModelDeployment | undefined;
  modelDeployment(name?: string): ModelDeployment | undefined {
    return name !== undefined && this.#deleted ? undefined : this.#object;
  }

  deployment(name: string): Deployment | undefined {
    return name === ISOLATED_CANARY ? this.isolated.read() : this.target.read(name);
  }

  jobs(): readonly Job[] {
    return this.#jobs.list();
  }

  async pods(labelSelector: string): Promise<readonly Pod[]> {
    await this.#call();
    this.denials.check('pods');
    const job = /^batch.kubernetes.io\/job-name=(.+)$/.exec(labelSelector)?.[1];
    if (job !== undefined) return this.#jobs.podsOf(job);
    for (const { name } of this.simulatedPods) {
      if (!this.#listedIn.has(name)) this.#listedIn.set(name, this.#reconciles);
    }
    return this.target.list();
  }

  async createJob(job: Job): Promise<void> {
    await this.#effect('create job', () => this.#jobs.create(job));
  }

  async deleteJob(name: string): Promise<void> {
    await this.#effect('delete job', () => this.#jobs.delete(name));
  }

  async pin(deployment: string, container: string, pin: Pin | undefined): Promise<KubernetesObject> {
    await this.#effect('pin', () => {
      // The API server refuses a container without an image.
      if (container !== this.target.container) this.denials.refuse('pin', 422);
      this.target.setPin(pin, false);
      this.pins.push(pin);
    });
    return this.target.read(deployment) ?? { metadata: { name: deployment } };
  }

  async scale(_deployment: string, container: string, pin: Pin | undefined, replicas: number): Promise<void> {
    await this.#effect('pin', () => this.isolated.scale(container, pin, replicas));
  }

  /** The simulated Deployment has no owners of fields. */
  async releaseFields(): Promise<void> {}

  async updateStatus(object: ModelDeployment, status: ModelDeploymentStatus): Promise<void> {
    await this.#effect('status', () => {
      if (this.#deleted || !isSameDecision(object, this.#object)) throw conflict();
      this.#refuseInvalid(status);
      this.onStatus(this.status, status);
      const { droppedPart } = this;
      const { [droppedPart ?? 'phase']: _, ...known } = status;
      this.#store({ ...this.#object, status: droppedPart === undefined ? status : known }, {});
    });
  }

  /** @throws KubernetesError as the API server does, with the fields that the CRD refuses */
  #refuseInvalid(status: ModelDeploymentStatus): void {
    const issues = this.crd.safeParse(status).error?.issues ?? [];
    const causes = issues.map(({ path, message }) => ({ field: ['status', ...path].join('.'), message }));
    if (causes.length === 0) return;
    throw new KubernetesError('status answered 422', { status: 422, reason: 'Invalid', causes });
  }

  async setFinalizers(object: ModelDeployment, finalizers: readonly string[]): Promise<void> {
    await this.#effect(undefined, () => {
      const { resourceVersion } = this.#object.metadata;
      if (this.#deleted || object.metadata.resourceVersion !== resourceVersion) throw conflict();
      this.#store(this.#object, { finalizers });
    });
  }

  wakeToken(): string | undefined {
    return this.#wakeToken;
  }

  async wake(_name: string, deliveryId: string): Promise<void> {
    this.#wakeToken = deliveryId;
  }

  async forgetWake(): Promise<void> {
    this.#wakeToken = undefined;
  }

  async recordEvent(_object: ModelDeployment, event: RolloutEvent): Promise<void> {
    await this.#effect(undefined, () => this.events.push(event));
  }

  // ---- Registry

  async readAlias({ url }: MlflowServer): Promise<AliasReading> {
    return this.#registryCall(async () => {
      await this.#call();
      if (this.registry.mode === 'hangs') await this.clock.sleep(REGISTRY_TIMEOUT_MILLISECONDS);
      return this.registry.read(url);
    });
  }

  async readTags(_server: MlflowServer, _model: string, version: string): Promise<TagsReading> {
    return this.#registryCall(async () => {
      await this.#call();
      if (this.registry.mode === 'hangs') await this.clock.sleep(REGISTRY_TIMEOUT_MILLISECONDS);
      return this.registry.readTags(version);
    });
  }

  async setTag(
    _server: MlflowServer,
    _model: string,
    version: string,
    key: string,
    value: string,
  ): Promise<void> {
    await this.#registryCall(() => this.#effect(undefined, () => this.tags.set(`${version} ${key}`, value)));
  }

  // ---- MetricsSource

  async query(_url: string, promql: string): Promise<readonly Sample[]> {
    await this.#call();
    if (this.prometheus.mode === 'hangs') await this.clock.sleep(PROMETHEUS_TIMEOUT_MILLISECONDS);
    return this.prometheus.query(promql, this.status);
  }

  // ---- PodProber

  async hasLoaded(pod: Pod, _container: string, _model: string, version: string): Promise<boolean> {
    await this.#call();
    const simulated = this.simulatedPods.find(({ name }) => name === pod.metadata.name);
    const loaded =
      simulated !== undefined &&
      !this.target.crashes(simulated) &&
      (simulated.loaded.has(version) || simulated.pin?.version === version);
    this.#answers.set(`${pod.metadata.name} ${version}`, loaded);
    return loaded;
  }

  async hasDecided(pod: Pod, _container: string, version: string): Promise<boolean> {
    await this.#call();
    return this.simulatedPods.some(({ name, pin }) => name === pod.metadata.name && pin?.version === version);
  }

  /** Whether each pod reported the version as loaded when it was last asked. A pod that nobody could know yet, or that reads no records yet, does not count. */
  reportedLoaded(version: string): boolean {
    return this.simulatedPods
      .filter(({ name }) => (this.#listedIn.get(name) ?? this.#reconciles) < this.#reconciles)
      .filter((pod) => !this.#waitsForCanary(pod))
      .every(({ name }) => this.#answers.get(`${name} ${version}`));
  }

  /** A new pod waits for the candidate before it reads records. */
  #waitsForCanary({ startTime, restarts }: SimulatedPod): boolean {
    return restarts === 0 && this.serverNow() - Date.parse(startTime) < CANARY_WAIT_MILLISECONDS;
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
    const onRead = () => {
      this.#read = true;
    };
    this.#aliases = new AliasPoll({ registry: this, clock, logger, onRead });
    const keys = { read: async () => this.keys };
    this.#statements = new StatementPoll({ registry: this, keys, clock, logger, onRead });
    this.#versionTags = new VersionTagWriter({ registry: this, clock, logger });
    const onRecorded = () => {
      this.#woken = true;
    };
    this.#trail = new AuditTrail({ sinks: [this.#sink()], clock, logger, onRecorded });
    return new Reconciler({
      cluster: this,
      aliases: this.#aliases,
      statements: this.#statements,
      metrics: new PatientMetrics(this, new SlowServers(clock)),
      prober: this,
      versionTags: this.#versionTags,
      audit: this.#trail,
      secrets: { troubleOf: (name) => this.secretTroubles.get(name) },
      clock,
      verificationCommand: ['verify'],
    });
  }

  /** The audit record. A process that died writes nothing more. */
  #sink(): AuditSink {
    return {
      name: 'log',
      write: async (record, signal) => {
        await Promise.resolve();
        signal.throwIfAborted();
        if (this.#dead || this.auditFails()) throw new Error('the audit record cannot be written');
        this.audit.push(record);
      },
    };
  }

  /** An answer of the API server, with its time. */
  #answer(): void {
    this.#apiServerTime?.learn(new Date(this.serverNow()).toUTCString(), this.clock.monotonic());
  }

  /**
   * Reconciles, then waits for the calls to MLflow that this began. Reconciles again after a read of the alias.
   */
  async #reconcile(): Promise<number | undefined> {
    for (;;) {
      this.#read = false;
      this.#reconciles++;
      const reconcile = this.#reconciler.reconcile('loan');
      if (this.waitsForRegistry) await reconcile.catch(() => {}).then(() => this.#registryAnswers());
      const wait = await reconcile;
      if (!this.#read) return wait;
    }
  }

  async #registryCall<T>(run: () => Promise<T>): Promise<T> {
    this.#registryCalls++;
    try {
      return await run();
    } finally {
      this.#registryCalls--;
    }
  }

  async #registryAnswers(): Promise<void> {
    while (this.#registryCalls > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The state whose changes wake the operator. */
  #watched(): string {
    return JSON.stringify([this.target.read('inference'), this.#jobs.unfinished]);
  }

  /** Waits for the work. Whenever the work waits for time, time passes and the cluster goes on. */
  async #whileTimePasses<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const end = () => {
      state.done = true;
    };
    work.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (state.done) return work;
      const next = this.clock.nextWakeMilliseconds;
      if (next === undefined) continue;
      this.tick();
      this.clock.advance(next);
    }
  }

  #store(object: ModelDeployment, metadata: Partial<ModelDeployment['metadata']>): void {
    const resourceVersion = String(Number(this.#object.metadata.resourceVersion) + 1);
    this.#object = { ...object, metadata: { ...object.metadata, ...metadata, resourceVersion } };
  }

  async #effect(deniable: Parameters<Denials['check']>[0] | undefined, happen: () => unknown): Promise<void> {
    await this.#call();
    if (deniable !== undefined) this.denials.check(deniable);
    happen();
    this.writes++;
    await this.#call();
  }

  async #call(): Promise<void> {
    await Promise.resolve();
    if (this.#dead) throw new Crash();
    this.#answer();
    if (this.metadataIsBusy && this.clock.monotonic() - this.#busyWriteAt >= BUSY_WRITE_MILLISECONDS) {
      this.#busyWriteAt = this.clock.monotonic();
      this.annotate('another-client', String(this.#busyWriteAt));
    }
    try {
      this.onCall();
    } catch (error) {
      this.#dead = error instanceof Crash;
      throw error;
    }
  }
}

function conflict(): KubernetesError {
  return new KubernetesError('the object has changed', { status: 409, reason: 'Conflict' });
}
