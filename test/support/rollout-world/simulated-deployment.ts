import type { Deployment, Pod } from '../../../operators/rollout/cluster/objects.ts';
import type { Pin } from '../../../operators/rollout/decision/rollout.ts';
import { ROLLOUT_MANAGER } from '../../../services/shared/agreements/kubernetes-names.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { type FlawOf, nameHash } from './flaw.ts';

export interface SimulatedPod {
  readonly name: string;
  readonly pin: Pin | undefined;
  /** Versions that the pod has loaded beside the pinned version. */
  readonly loaded: Set<string>;
  readonly startTime: string;
  /** True if the operator did not set the pin of the pod's template. */
  readonly foreign: boolean;
  restarts: number;
  /** Time of the last crash. */
  crashedAt: string | undefined;
  /** True from a crash until the container runs again. */
  down: boolean;
  /** True if the node, and not the process, ended the container. */
  lostByNode: boolean;
  /** Time on the clock of the API server before which the pod is not ready. */
  readyAt: number;
}

const NAME = 'inference';
const LABELS = { app: NAME };
/** Ticks without progress after which the Deployment exceeds its progress deadline. */
const PROGRESS_TICKS = 10;
const SEGMENTATION_FAULT = 139;
/** What the kubelet says of a container that it lost when the node restarted. */
const LOST = { exitCode: 255, reason: 'Unknown' };

/** The target Deployment and its pods. `tick` plays the controllers and the kubelet. */
export class SimulatedDeployment {
  container = NAME;
  paused = false;
  /** Time between two replacements of a pod by a cause outside, for example a node that is reclaimed. */
  churnMilliseconds: number | undefined;
  /** The pin that another client sets again and again. */
  foreignPin: { readonly pin: Pin | undefined } | undefined;
  /** Deletion times of the pods that were replaced and still terminate. */
  terminating: { readonly deletionTimestamp: string; readonly pin?: Pin }[] = [];
  pods: SimulatedPod[];
  /** The clock of the API server. */
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #flawOf: FlawOf;
  #pin: Pin | undefined;
  #foreign = false;
  /** When the operator set the present pin. Undefined if another client set it. */
  #pinnedAt: string | undefined;
  #generation = 1;
  #uid = 1;
  #podsMade = 0;
  #ticksWithoutProgress = 0;
  #replacedAt = 0;
  /** True from a new template until all pods have it and are available. */
  #rollingOut = false;
  /** A Deployment whose pods wait for a pin exceeds its progress deadline. The verdict stays until pods move. */
  #stuckSince: string | undefined = '2026-01-01T00:00:00Z';

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>, flawOf: FlawOf) {
    this.#clock = clock;
    this.#flawOf = flawOf;
    this.pods = [this.newPod(undefined), this.newPod(undefined)];
  }

  get pin(): Pin | undefined {
    return this.#pin;
  }

  /** True if another client than the operator set the present pin. */
  get pinIsForeign(): boolean {
    return this.#foreign;
  }

  /** The pin of a new pod. While the rollout is paused, the ReplicaSet of an old pod makes the new pod. */
  get pinOfNewPod(): Pin | undefined {
    const [old] = this.pods;
    return this.paused && old ? old.pin : this.#pin;
  }

  /** @param foreign true if another client than the operator sets the pin */
  setPin(pin: Pin | undefined, foreign: boolean): void {
    this.#pin = pin;
    this.#foreign = foreign;
    this.#pinnedAt = foreign ? undefined : this.#time();
    this.#generation++;
    this.#ticksWithoutProgress = 0;
    this.#rollingOut = true;
  }

  newPod(pin: Pin | undefined): SimulatedPod {
    const template = nameHash(`${this.#uid} ${this.container} ${pin?.version} ${pin?.digest}`, 10);
    return {
      name: `${NAME}-${template}-${nameHash(String(++this.#podsMade), 5)}`,
      pin,
      loaded: new Set(),
      startTime: this.#time(),
      foreign: this.#foreign,
      restarts: 0,
      crashedAt: undefined,
      down: false,
      lostByNode: false,
      readyAt: 0,
    };
  }

  /** Sets the number of replicas. */
  scale(replicas: number): void {
    const pin = this.pinOfNewPod;
    while (this.pods.length < replicas) this.pods.push(this.newPod(pin));
    this.pods.length = replicas;
    this.#generation++;
  }

  /** Another client deletes the Deployment and creates it again from its manifest, without a pin. */
  recreate(): void {
    this.#uid++;
    this.#generation = 0;
    this.paused = false;
    this.setPin(undefined, true);
    this.pods = this.pods.map(() => this.newPod(undefined));
  }

  /** Another client gives the container another name. The variables of the former container go with it. */
  rename(container: string): void {
    this.container = container;
    this.setPin(undefined, true);
  }

  /** @param told what the pods read of the status */
  tick({ stable, candidate }: ModelDeploymentStatus): void {
    const { foreignPin } = this;
    if (foreignPin !== undefined && foreignPin.pin?.version !== this.#pin?.version) {
      this.setPin(foreignPin.pin, true);
    }
    this.#rollOut();
    this.#replaceByCause();
    const told = candidate?.mode === undefined ? undefined : candidate.version;
    for (const pod of this.pods) {
      if (this.#failsInService(pod, stable, candidate)) this.#crash(pod);
      else this.#run(pod, told);
    }
  }

  crashes({ pin, down }: SimulatedPod): boolean {
    const flaw = this.#flawOf(pin?.version);
    return down || flaw === 'crashes in service' || flaw === 'crashes pods when loaded';
  }

  isAvailable(pod: SimulatedPod): boolean {
    const started = this.#clock.now() >= pod.readyAt;
    return pod.pin !== undefined && started && this.#starts(pod.pin) && !this.crashes(pod);
  }

  read(name: string): Deployment | undefined {
    if (name !== NAME) return undefined;
    const updated = this.pods.filter((pod) => pod.pin?.version === this.#pin?.version).length;
    const container = { name: this.container, image: 'inference:1', ...envOf(this.#pin) };
    return {
      metadata: {
        name,
        uid: `d${this.#uid}`,
        generation: this.#generation,
        ...(this.#pinnedAt && { managedFields: [{ manager: ROLLOUT_MANAGER, time: this.#pinnedAt }] }),
      },
      spec: {
        replicas: this.pods.length,
        ...(this.paused ? { paused: true } : {}),
        selector: { matchLabels: LABELS },
        template: { spec: { containers: [container] } },
      },
      status: {
        observedGeneration: this.#generation,
        replicas: this.pods.length,
        updatedReplicas: updated,
        availableReplicas: this.pods.filter((pod) => this.isAvailable(pod)).length,
        conditions: this.#conditions(),
      },
    };
  }

  /** The pods as the API server lists them, with the names, labels and owners that the controllers give them. */
  list(): readonly Pod[] {
    const terminating = this.terminating.map(({ pin, ...metadata }, index) => ({
      spec: { containers: [{ name: this.container, image: 'inference:1', ...envOf(pin) }] },
      metadata: { ...metadataOf(`${NAME}-7d4b9c6f58-${index}`), ...metadata },
      status: { phase: 'Running', podIP: '10.0.0.1' },
    }));
    return [...this.pods.map((pod) => this.#object(pod)), ...terminating];
  }

  #object(pod: SimulatedPod): Pod {
    const lastState = pod.crashedAt && {
      terminated: {
        ...(pod.lostByNode ? LOST : { exitCode: SEGMENTATION_FAULT, reason: 'Error' }),
        finishedAt: pod.crashedAt,
      },
    };
    const container = {
      name: this.container,
      restartCount: pod.restarts,
      ready: this.isAvailable(pod),
      state: pod.down
        ? { waiting: { reason: 'CrashLoopBackOff' } }
        : { running: { startedAt: pod.crashedAt ?? pod.startTime } },
      ...(lastState ? { lastState } : {}),
    };
    const ready = this.isAvailable(pod) ? 'True' : 'False';
    const lastTransitionTime = pod.crashedAt ?? pod.startTime;
    return {
      metadata: metadataOf(pod.name),
      spec: { containers: [{ name: this.container, image: 'inference:1', ...envOf(pod.pin) }] },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        startTime: pod.startTime,
        conditions: [{ type: 'Ready', status: ready, lastTransitionTime }],
        containerStatuses: [container],
      },
    };
  }

  /** Replaces one pod that has an old template, if the new template starts. */
  #rollOut(): void {
    if (this.paused) return;
    const old = this.pods.findIndex((pod) => pod.pin?.version !== this.#pin?.version);
    if (old >= 0 && this.#starts(this.#pin)) {
      this.#ticksWithoutProgress = 0;
      this.#stuckSince = undefined;
      this.pods[old] = this.newPod(this.#pin);
      return;
    }
    // Once all pods are new and available, the progress deadline does not count until the template changes.
    const complete = old < 0 && this.pods.every((pod) => this.isAvailable(pod));
    if (complete) this.#rollingOut = false;
    if (this.#rollingOut && ++this.#ticksWithoutProgress === PROGRESS_TICKS) this.#stuckSince = this.#time();
  }

  #replaceByCause(): void {
    const { churnMilliseconds } = this;
    const now = this.#clock.monotonic();
    const [first, ...others] = this.pods;
    if (churnMilliseconds === undefined || first === undefined) return;
    if (now - this.#replacedAt < churnMilliseconds) return;
    this.#replacedAt = now;
    // Its ReplicaSet makes the new pod, from the template of the old pod.
    this.pods = [...others, this.newPod(first.pin)];
  }

  #run(pod: SimulatedPod, told: string | undefined): void {
    const flaw = this.#flawOf(told);
    const wasDown = pod.down;
    const crashing = flaw === 'crashes pods when loaded' && told !== undefined && told !== pod.pin?.version;
    pod.down = false;
    if (told === undefined || flaw === 'never loads' || this.crashes(pod)) return;
    if (!crashing) {
      pod.loaded.add(told);
      return;
    }
    // A pod crashes on the first records after it loaded the version, and again each time that it comes back.
    if (pod.loaded.has(told) || wasDown) {
      this.#crash(pod);
    } else pod.loaded.add(told);
  }

  /** A pod decides with the version of its pin, unless a candidate has all keys. */
  #failsInService(
    { pin }: SimulatedPod,
    stable: ModelDeploymentStatus['stable'],
    candidate: ModelDeploymentStatus['candidate'],
  ): boolean {
    if (stable === undefined || pin?.version !== stable.version) return false;
    const decides = candidate?.weightPercent !== 100 || candidate.version === stable.version;
    return decides && this.#flawOf(stable.version) === 'crashes in its bake time';
  }

  #crash(pod: SimulatedPod): void {
    pod.loaded.clear();
    pod.restarts++;
    pod.crashedAt = this.#time();
    pod.lostByNode = false;
    pod.down = true;
  }

  #starts(pin: Pin | undefined): boolean {
    const flaw = this.#flawOf(pin?.version);
    return flaw !== 'never loads' && flaw !== 'never becomes ready';
  }

  #conditions() {
    const type = 'Progressing';
    if (this.paused) return [{ type, status: 'Unknown', reason: 'DeploymentPaused' }];
    if (this.#stuckSince === undefined) return [];
    const reason = 'ProgressDeadlineExceeded';
    return [{ type, status: 'False', reason, message: 'no progress', lastUpdateTime: this.#stuckSince }];
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function envOf(pin: Pin | undefined) {
  if (pin === undefined) return {};
  return {
    env: [
      { name: 'MODEL_VERSION', value: pin.version },
      { name: 'MODEL_DIGEST', value: pin.digest },
    ],
  };
}

/** Metadata of a pod `<Deployment>-<template hash>-<suffix>`. */
function metadataOf(name: string) {
  const replicaSet = name.slice(0, name.lastIndexOf('-'));
  const hash = replicaSet.slice(NAME.length + 1);
  return {
    name,
    uid: name,
    labels: { ...LABELS, 'pod-template-hash': hash },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, uid: replicaSet, controller: true },
    ],
  };
}
