import type {
  CandidateVersion,
  Condition,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import type { RolloutWorld } from '../rollout-world.ts';
import type { Disturbance } from './disturbance.ts';
import { LongestWait, type Wait } from './longest-wait.ts';
import { wrongTransitions } from './recorded-transitions.ts';
import { SHOWN_TROUBLES, type ShownTrouble } from './shown-trouble.ts';

/** Simulated time in which a bad version must lose its keys after it shows. Two measurements and one hanging registry. */
const LOSS_SECONDS = 30;
/** Time that new pods have to start, and some time to see the end. */
const START_SECONDS = 120 + 30;
/** Deadline of an outage whose pods cannot be listed, and some time to see the deadline. */
const BLIND_LOSS_SECONDS = 120 + 30;
/** Time in which a trouble must show. Several calls may wait for their time-outs meanwhile. */
const SHOW_SECONDS = 90;
/** Deadline of a verification without a verdict, and some time to see the deadline. */
const VERIFICATION_SECONDS = 2 * 300 + 60 + 60;
/** Deadline of shadow and of each canary step in the spec of the world, twice while pods are replaced, and some time. */
const STEP_SECONDS = 2 * 60 + 60;
/** Deadline of the final replacement of pods, and some time to see the deadline. */
const PROMOTION_SECONDS = 600 + 60;
/** Twice the bake time in the spec of the world, and some time to see the end. */
const SOAK_SECONDS = 2 * 20 + 60;

const WAIT_SECONDS: Readonly<Record<string, number>> = {
  Verifying: VERIFICATION_SECONDS,
  Shadowing: STEP_SECONDS,
  Canary: STEP_SECONDS,
  Promoting: PROMOTION_SECONDS,
  Soaking: SOAK_SECONDS,
};

/** Conditions that name what a rollout waits for, if they have this status. */
const NAMED_WAITS: readonly (readonly [Condition['type'], Condition['status']])[] = [
  ['ActionDenied', 'True'],
  ['PinContested', 'True'],
  ['DeploymentPaused', 'True'],
  ['ScaledToZero', 'True'],
  ['RegistryReachable', 'False'],
  ['MetricsReachable', 'False'],
  ['Available', 'False'],
  ['Approved', 'False'],
  ['Held', 'True'],
];

/** Disturbances after which the operator or the pods cannot act for a moment. */
const WRITES_CHANGE: ReadonlySet<Disturbance['what']> = new Set([
  'crash',
  'denied',
  'suspended',
  'object deleted',
]);
const ANSWERS_CHANGE: ReadonlySet<Disturbance['what']> = new Set([...WRITES_CHANGE, 'prometheus']);
/** Disturbances after which a deadline begins anew. */
const DEADLINES_BEGIN_ANEW: ReadonlySet<Disturbance['what']> = new Set([
  ...ANSWERS_CHANGE,
  'registry',
  'paused',
  'scaled to zero',
  'pin overwritten',
  'container renamed',
  'container name corrected',
]);

const CONDITIONS_CHANGE: ReadonlySet<Disturbance['what']> = new Set([
  ...DEADLINES_BEGIN_ANEW,
  'alias',
  'pin war',
  'Deployment made anew',
]);

/** Watches a world, and collects what must not happen. */
export class Watch {
  readonly violations: string[] = [];
  readonly #world: RolloutWorld;
  /** Versions that were refused and not named by a retry since. */
  readonly #refused = new Set<string>();
  /** Digests that served when an object was new. */
  readonly #adopted = new Set<string>();
  readonly #waits: readonly LongestWait[];
  /** Number of pods at the begin of the step. */
  #pods = 0;
  /** True if a retry came in this step. Its reconcile may have begun before. */
  #retried = false;
  /** True if such a retry names no version. */
  #retriedShown = false;
  #crashed = false;
  /** True from a deletion of the object until every pod has the stable version. */
  #adopting = false;

  constructor(world: RolloutWorld) {
    this.#world = world;
    this.#waits = [
      new LongestWait('a version that errs has keys', ANSWERS_CHANGE, () => this.#errs()),
      new LongestWait('a version that crashes pods is loaded', WRITES_CHANGE, () => this.#crashesPods()),
      new LongestWait('a stable version that crashes pods has keys', WRITES_CHANGE, () =>
        this.#crashesInService(),
      ),
      new LongestWait('a state waits, and no condition says for what', DEADLINES_BEGIN_ANEW, () =>
        this.#silentWait(),
      ),
      ...SHOWN_TROUBLES.map(
        (trouble) =>
          new LongestWait('no condition or no Event says', CONDITIONS_CHANGE, () =>
            this.#hiddenTrouble(trouble),
          ),
      ),
    ];
    world.onStatus = (before, after) => this.#stored(before, after);
  }

  /** Tells the watch what is about to happen. */
  disturbed(disturbance: Disturbance): void {
    if (disturbance.what === 'object deleted') {
      this.#refused.clear();
      this.#adopting = true;
    }
    // The number then names another version.
    if (disturbance.what === 'registry moved' || disturbance.what === 'model made anew')
      this.#refused.clear();
    if (disturbance.what === 'crash') this.#crashed = true;
    if (disturbance.what === 'retry') {
      this.#retried = true;
      if (disturbance.version === undefined) this.#retriedShown = true;
      const version = disturbance.version ?? this.#world.status.failed?.version;
      if (version !== undefined) this.#lift(version);
    }
  }

  /** Looks at the world before a step. */
  stepping(): void {
    this.#pods = this.#world.target.pods.length;
    this.#retried = false;
    this.#retriedShown = false;
  }

  /** Looks at the world after a step. @param happened the disturbances in that step */
  stepped(happened: readonly Disturbance[]): void {
    const { status, target, denials, clock } = this.#world;
    const { stable } = status;
    if (this.#adopting && target.pods.every((pod) => pod.pin?.version === stable?.version))
      this.#adopting = false;
    this.#checkPods(status);
    this.#checkPins(status);
    const jobsStay = denials.calls.has('delete job') || this.#adopting;
    this.#check(jobsStay || this.#world.unfinishedJobs <= 1, 'there are two unfinished Jobs');
    for (const wait of this.#waits) {
      const exceeded = wait.measure(clock.monotonic(), happened);
      if (exceeded !== undefined) this.#violate(exceeded);
    }
  }

  #stored(before: ModelDeploymentStatus, after: ModelDeploymentStatus): void {
    const wrong = wrongTransitions(before, after);
    this.#check(wrong === undefined, `${wrong}`);
    const { stable, candidate, failed } = after;
    const { pin, pods } = this.#world.target;
    // A new object adopts what serves. Pods verify the digest of their pin themselves.
    const present = [pin, ...pods.map((pod) => pod.pin)];
    if (stable && before.stable === undefined && present.some((other) => other?.digest === stable.digest))
      this.#adopted.add(stable.digest);
    if (stable)
      this.#check(this.#isVerified(stable.digest), `stable version ${stable.version} is not verified`);
    // Pods may load a candidate only with its digest, and only a verification gives the digest.
    if (candidate?.mode !== undefined) {
      this.#check(this.#isVerified(candidate.digest), `candidate ${candidate.version} is not verified`);
    }
    this.#checkPods(after);
    if (raised(before, after)) this.#checkRaise(after);
    if (this.#world.modelDeployment().spec.windows !== undefined) this.#checkFrozen(before, after);
    const hasKeys = candidate?.mode === 'canary' && candidate.version !== stable?.version;
    this.#check(
      !hasKeys || !this.#refused.has(identity(candidate)),
      `version ${candidate?.version} was refused, and no retry names it`,
    );
    if (failed === undefined || failed.at === before.failed?.at) return;
    // A retry without a number that came before this write is newer than what the write knows. It lifts what is shown now.
    if (this.#retriedShown) this.#lift(failed.version);
    else if (!this.#retried) this.#refused.add(identity(failed));
  }

  /** The API server refuses a status if the spec has changed since the operator read it, so no freeze comes too late. */
  #checkFrozen(
    before: ModelDeploymentStatus,
    { stable, candidate, history = [] }: ModelDeploymentStatus,
  ): void {
    const { version, digest, weightPercent = 0, mode } = candidate ?? {};
    if (candidate === undefined || version === stable?.version) return;
    const served = history.some((other) => other.digest === digest && other.outcome === 'Served');
    const former = before.candidate?.version === version ? before.candidate : undefined;
    const { weightPercent: formerWeight = 0 } = former ?? {};
    const isOnItsWay = before.phase === 'Promoting' && formerWeight > 0;
    const goesOn = weightPercent > formerWeight || (mode !== undefined && former?.mode === undefined);
    this.#check(served || isOnItsWay || !goesOn, `version ${version} goes on in a freeze`);
  }

  #checkRaise({ candidate, history = [] }: ModelDeploymentStatus): void {
    const version = candidate?.version ?? '';
    const proven = history.some((revision) => revision.version === version && revision.outcome === 'Served');
    this.#check(this.#pods > 0, `the weight of version ${version} rose without a pod`);
    this.#check(
      proven || this.#world.reportedLoaded(version),
      `the weight of version ${version} rose before every pod loaded it`,
    );
  }

  /** A pod with another pin than the stable version must not decide with that pin, unless a candidate decides all keys. */
  #checkPods({ stable, candidate }: ModelDeploymentStatus): void {
    if (stable === undefined || this.#adopting) return;
    if (candidate?.mode === 'canary' && candidate.weightPercent === 100) return;
    for (const { pin, foreign } of this.#world.target.pods) {
      this.#check(
        pin === undefined || foreign || pin.version === stable.version,
        `a pod decides with version ${pin?.version}, but version ${stable.version} is stable`,
      );
    }
  }

  #checkPins({ stable, candidate, failed, history = [] }: ModelDeploymentStatus): void {
    const { pins, target } = this.#world;
    const last = pins.at(-1);
    this.#check(
      last === undefined || this.#isVerified(last.digest),
      `the pin ${last?.version} is not verified`,
    );
    // There are never two candidates: a pinned version is stable, the candidate, or being rolled back.
    const known = [stable, candidate, failed, ...history].map((entry) => entry?.version);
    // The status does not name a version that was given up. It stays pinned only while the stable version has all keys.
    // The alias may name yet another version then, which was refused before.
    const givenUp = candidate?.version === stable?.version;
    if (target.pin === undefined || target.pinIsForeign || this.#adopting || givenUp) return;
    if (candidate?.mode === undefined) return;
    this.#check(known.includes(target.pin.version), `the status does not know the pin ${target.pin.version}`);
  }

  /** A version that errs on its keys, while Prometheus says so. */
  #errs(): Wait | undefined {
    const { status, flaws, prometheus } = this.#world;
    if (prometheus.mode !== 'answers' || this.#cannotTell()) return undefined;
    const { phase, stable, candidate } = status;
    const flaw = (version: string | undefined) => flaws.get(version ?? '');
    if (phase === 'Soaking' && flaw(stable?.version) === 'errs in service') {
      return { what: `soaking ${stable?.since}`, seconds: LOSS_SECONDS };
    }
    const hasKeys = candidate?.mode === 'canary' && (candidate.weightPercent ?? 0) > 0;
    if (!hasKeys || candidate.version === stable?.version) return undefined;
    const errs = flaw(candidate.version) === 'errs when deciding';
    return errs ? { what: `${candidate.version} ${candidate.since}`, seconds: LOSS_SECONDS } : undefined;
  }

  /** A candidate that crashes pods, from the time at which no pod is available. */
  #crashesPods(): Wait | undefined {
    const { status, flaws, target, targetIsFound } = this.#world;
    const { candidate, stable } = status;
    if (candidate?.mode === undefined || candidate.version === stable?.version) return undefined;
    if (flaws.get(candidate.version) !== 'crashes pods when loaded' || this.#cannotTell()) return undefined;
    const allDown = target.pods.length > 0 && target.pods.every(({ down }) => down);
    if (!targetIsFound || !allDown) return undefined;
    const { availableReplicas = 0 } = candidate;
    // Pods that were not available before may have another cause, so some get time to start, and none is no loss.
    if (availableReplicas === 0) return undefined;
    const mayStart = availableReplicas < target.pods.length;
    const seconds = mayStart ? START_SECONDS : LOSS_SECONDS;
    return { what: `${candidate.version} ${candidate.since}`, seconds };
  }

  /** A stable version that crashes pods in its bake time, while no pod is available. */
  #crashesInService(): Wait | undefined {
    const { status, flaws, target, targetIsFound, denials } = this.#world;
    const { phase, stable } = status;
    const isWatched =
      phase === 'Soaking' || (phase === 'Verifying' && stable?.availableReplicas !== undefined);
    if (!isWatched || flaws.get(stable?.version ?? '') !== 'crashes in its bake time') return undefined;
    const allDown = target.pods.length > 0 && target.pods.every(({ down }) => down);
    if (!targetIsFound || !allDown || this.#cannotTell()) return undefined;
    const seconds = denials.calls.has('pods') ? BLIND_LOSS_SECONDS : LOSS_SECONDS;
    return { what: `soaking ${stable?.since} ${stable?.resumedAt}`, seconds };
  }

  /** True if the pods cannot learn of a decision, or the operator may not decide. */
  #cannotTell(): boolean {
    const { denials, exists } = this.#world;
    return denials.calls.has('status') || !exists || this.#world.modelDeployment().spec.suspend;
  }

  #silentWait(): Wait | undefined {
    const { status } = this.#world;
    const { phase = 'Waiting', candidate, stable, conditions = [] } = status;
    const seconds = WAIT_SECONDS[phase];
    if (seconds === undefined || this.#cannotTell()) return undefined;
    const named = NAMED_WAITS.some(([type, value]) =>
      conditions.some((condition) => condition.type === type && condition.status === value),
    );
    if (named) return undefined;
    const since = phase === 'Soaking' ? stable?.since : candidate?.since;
    const what = `${phase} ${candidate?.version} ${candidate?.weightPercent} ${since}`;
    return { what, seconds };
  }

  /** A trouble that lasts, although no condition shows it or no Event told it. */
  #hiddenTrouble({ what, lasts, type, status, reasons }: ShownTrouble): Wait | undefined {
    if (this.#cannotTell() || !lasts(this.#world)) return undefined;
    const {
      status: { conditions = [] },
      events,
    } = this.#world;
    const shown = conditions.some(
      (condition) =>
        condition.type === type && condition.status === status && reasons.includes(condition.reason),
    );
    const warned = events.some((event) => event.type === 'Warning' && reasons.includes(event.reason));
    // An Event follows the write of the status, so a crash between the two loses it.
    const told = warned || this.#crashed;
    return shown && told
      ? undefined
      : { what: `${what} (shown: ${shown}, told: ${told})`, seconds: SHOW_SECONDS };
  }

  #lift(version: string): void {
    for (const refused of this.#refused) if (refused.startsWith(`${version} `)) this.#refused.delete(refused);
  }

  #isVerified(digest = ''): boolean {
    return this.#world.verifiedDigests.has(digest) || this.#adopted.has(digest);
  }

  #check(holds: boolean, violation: string): void {
    if (!holds) this.#violate(violation);
  }

  #violate(violation: string): void {
    if (this.violations.length < 10)
      this.violations.push(`${violation}; ${JSON.stringify(this.#world.status)}`);
  }
}

/** The same number names another version in another registry, or in a model that was made anew. */
function identity({ version, registry, modelCreatedAt }: Partial<CandidateVersion>): string {
  return `${version} ${registry} ${modelCreatedAt}`;
}

function raised(before: ModelDeploymentStatus, { candidate, stable }: ModelDeploymentStatus): boolean {
  if (candidate?.mode !== 'canary' || candidate.version === stable?.version) return false;
  const weight = before.candidate?.version === candidate.version ? (before.candidate.weightPercent ?? 0) : 0;
  return (candidate.weightPercent ?? 0) > weight;
}
