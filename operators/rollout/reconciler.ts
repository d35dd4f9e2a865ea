import { isDeepStrictEqual } from 'node:util';
import { FORMER_FINALIZER } from '../../services/shared/agreements/kubernetes-names.ts';
import { REQUEST_ANNOTATIONS, type Request } from '../../services/shared/agreements/request-annotations.ts';
import type { Clock } from '../../services/shared/clock.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentSpec } from '../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';
import { act, endOrphanedCanary } from './act.ts';
import { AvailableFalls } from './cluster/available-falls.ts';
import { CrashCounts } from './cluster/crash-counts.ts';
import { contestReading } from './contest-reading.ts';
import { CountedTime } from './counted-time.ts';
import { isBreakGlassUrgent } from './decision/break-glass.ts';
import { conditionOf } from './decision/condition-of.ts';
import { type Hold, withHold } from './decision/conditions.ts';
import { countingWaits } from './decision/counting-waits.ts';
import { decide } from './decision/decide.ts';
import { events } from './decision/events.ts';
import { requestAuthors } from './decision/request-authors.ts';
import { isRestoring } from './decision/restoration.ts';
import type { Facts, Rollout } from './decision/rollout.ts';
import { storableRequest } from './decision/storable-request.ts';
import { covers, type Wait } from './decision/waits.ts';
import { FirstSights } from './first-sights.ts';
import { GuardedCalls } from './guarded-calls.ts';
import { HeardRequests } from './heard-requests.ts';
import { SeenPods } from './measurement/seen-pods.ts';
import { UnrecordedMeasurements } from './measurement/unrecorded-measurements.ts';
import { observe, type Sources } from './observe.ts';
import { PinContest } from './pin-contest.ts';
import type { AuditTrail } from './record/audit-trail.ts';
import { withTransitions } from './record/transitions.ts';
import type { AliasPoll } from './registry/alias-poll.ts';
import type { StatementPoll } from './registry/statement-poll.ts';
import type { VersionTagWriter } from './registry/version-tag-writer.ts';
import { RolloutProgress } from './rollout-progress.ts';
import type { SecretReader } from './servers/secret-reader.ts';
import { staleSecrets } from './stale-secrets.ts';
import { StatusWriter } from './status-writer.ts';

export interface ReconcilerOptions extends Sources {
  readonly aliases: AliasPoll;
  readonly statements: StatementPoll;
  readonly versionTags: VersionTagWriter;
  readonly audit: AuditTrail;
  readonly secrets: Pick<SecretReader, 'troubleOf'>;
  /** Its `now` must be the time of the API server, because times are stored and other machines read them. */
  readonly clock: Clock;
  /** Program and arguments of the verification Job's container. */
  readonly verificationCommand: readonly string[];
  /** Called after each change of status. */
  readonly onTransition?: (name: string, before: ModelDeploymentStatus, after: ModelDeploymentStatus) => void;
}

/** Time to the next reconcile while pods load a candidate or terminate. */
const POD_POLL_MILLISECONDS = 1_000;
const PENDING = { kind: 'pending' } as const;
const DEFAULT_INTERVAL_SECONDS = 15;
const REMOVAL = { kind: 'write', what: 'removing the finalizer of an earlier release', content: '' } as const;

/** Reconciles one ModelDeployment: act on the recorded status, observe, decide on the next status, record it. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #sights: FirstSights;
  /** Name of each ModelDeployment, and the monotonic time of its first reconcile without a hold in this process. */
  readonly #actingSince = new Map<string, number>();
  readonly #calls = new Map<string, GuardedCalls>();
  readonly #contests = new Map<string, PinContest>();
  readonly #crashes: CrashCounts;
  readonly #falls: AvailableFalls;
  readonly #seenPods = new SeenPods();
  readonly #statuses: StatusWriter;
  readonly #measurements: UnrecordedMeasurements;
  readonly #heard = new HeardRequests();
  readonly #progress = new RolloutProgress();
  readonly #countedTime: CountedTime;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#sights = new FirstSights(options.clock);
    this.#statuses = new StatusWriter(options.cluster, options.clock);
    this.#measurements = new UnrecordedMeasurements(options.clock);
    this.#crashes = new CrashCounts(options.clock);
    this.#falls = new AvailableFalls(options.clock);
    this.#countedTime = new CountedTime(options.clock);
  }

  /** Resolves to the milliseconds until the next reconcile, or to undefined if the object is gone. */
  async reconcile(name: string): Promise<number | undefined> {
    const { cluster, clock, aliases, statements, versionTags, audit, verificationCommand } = this.#options;
    const object = cluster.modelDeployment(name);
    // Another leader may have died between the write of the status and the record.
    if (object !== undefined) audit.take(object, object.status ?? {});
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      if (object === undefined) await cluster.forgetWake(name);
      else await this.#removeFormerFinalizer(object);
      await endOrphanedCanary(cluster, new GuardedCalls(clock));
      this.#forget(name);
      // While an object is being deleted it stays, and its transitions with it. They are taken once.
      if (object === undefined) audit.forget(name);
      return undefined;
    }
    const calls = this.#callsOf(object);
    if (await calls.attempt(REMOVAL, () => this.#removeFormerFinalizer(object))) return 0;
    const hold = this.#hold(object);
    if (hold !== undefined) {
      this.#actingSince.delete(name);
      this.#countedTime.stop(name);
      // Nobody reads statements meanwhile, and a key may be taken out.
      statements.forget(name);
      await this.#record(object, withHold(this.#rollout(object), hold), undefined);
      return object.spec.registry.pollSeconds * 1000;
    }
    if (!this.#actingSince.has(name)) this.#actingSince.set(name, clock.monotonic());
    this.#countedTime.look(name);
    const contest = this.#contestOf(object);
    await act(cluster, object, calls, contest, verificationCommand);
    const wakeToken = cluster.wakeToken(name);
    const signed = statements.reading(object, wakeToken);
    const reading = aliases.reading(object, wakeToken);
    const alias = reading ?? (isBreakGlassUrgent(this.#rollout(object)) ? PENDING : undefined);
    // A read is under way, and its end wakes this object. Meanwhile others have the slot.
    if (alias === undefined) return aliases.dueMilliseconds(object);
    const seen = await observe(
      {
        ...this.#options,
        crashes: this.#crashes,
        falls: this.#falls,
        seenPods: this.#seenPods,
        progress: this.#progress,
        measurements: this.#measurements,
        countedTime: this.#countedTime,
      },
      object,
      calls,
      alias,
      this.#rollout(object),
    );
    const { target } = object.spec;
    const contested = contestReading(contest, target, cluster.deployment(target.deployment));
    const stale = staleSecrets(object, this.#options.secrets);
    const denials = [...calls.end(), ...stale, ...this.#statuses.denials(name)];
    const facts = { ...seen, statements: signed, denials, contest: contested };
    this.#see(object, facts);
    this.#countedTime.count(name, countingWaits(this.#rollout(object), facts));
    const next = decide(this.#rollout(object), facts);
    const moved = await this.#record(object, next, facts);
    if (alias.kind !== 'unreachable' && alias.kind !== 'pending') versionTags.update(object, next);
    const dues = [calls.dueMilliseconds, contest.dueMilliseconds].filter((due) => due !== undefined);
    return moved ? 0 : Math.min(this.#millisecondsToNext(object, facts), ...dues);
  }

  #forget(name: string): void {
    const { aliases, statements, versionTags } = this.#options;
    for (const memory of [this.#actingSince, this.#calls, this.#contests]) memory.delete(name);
    const times = [this.#sights, this.#countedTime, this.#measurements];
    const pods = [this.#crashes, this.#falls, this.#seenPods, this.#progress, this.#heard];
    for (const memory of [...times, ...pods, this.#statuses, aliases, statements, versionTags])
      memory.forget(name);
  }

  /** The guard of the calls for this object, at the beginning of a reconcile. */
  #callsOf({ metadata, status = {} }: ModelDeployment): GuardedCalls {
    const calls = this.#calls.get(metadata.name) ?? new GuardedCalls(this.#options.clock);
    this.#calls.set(metadata.name, calls);
    const { phase, candidate } = status;
    calls.begin(JSON.stringify([phase, candidate?.version, candidate?.weightPercent]));
    return calls;
  }

  #contestOf({ metadata, status = {} }: ModelDeployment): PinContest {
    const contested = conditionOf(status, 'PinContested')?.status === 'True';
    const contest = this.#contests.get(metadata.name) ?? new PinContest(this.#options.clock, contested);
    this.#contests.set(metadata.name, contest);
    return contest;
  }

  /** Resolves to true if the finalizer was there. */
  async #removeFormerFinalizer(object: ModelDeployment): Promise<boolean> {
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(FORMER_FINALIZER)) return false;
    const others = finalizers.filter((finalizer) => finalizer !== FORMER_FINALIZER);
    await this.#options.cluster.setFinalizers(object, others);
    return true;
  }

  #rollout(object: ModelDeployment): Rollout {
    const { spec, status = {}, metadata } = object;
    const { annotations = {} } = metadata;
    const request = (name: Request) => storableRequest(annotations[REQUEST_ANNOTATIONS[name]]);
    const once = (name: 'abort' | 'approveStep' | 'rollback') =>
      this.#heard.unheard(object, name, request(name));
    const { clock } = this.#options;
    const monotonic = clock.monotonic();
    const elapsed = (time: string) => this.#sights.elapsedSeconds(metadata.name, time);
    const counted = (wait: Wait, since: string) => {
      const { deadline } = status;
      const isKnown = deadline?.since === since && covers(deadline.wait, wait);
      const earlier = isKnown ? deadline.seconds : 0;
      return Math.min(elapsed(since), this.#countedTime.secondsSince(metadata.name, wait, since, earlier));
    };
    return {
      spec,
      status,
      generation: metadata.generation ?? 0,
      retry: request('retry'),
      abort: once('abort'),
      approveStep: once('approveStep'),
      pause: request('pause'),
      rollback: once('rollback'),
      requestedBy: requestAuthors(annotations),
      now: clock.now(),
      elapsed,
      counted,
      actedSeconds: (monotonic - (this.#actingSince.get(metadata.name) ?? monotonic)) / 1000,
    };
  }

  /** Makes the age of every time count from now on, also if no decision needs that age yet. */
  #see({ metadata, status = {} }: ModelDeployment, { target }: Facts): void {
    const { candidate, stable, analysis, conditions = [] } = status;
    const { stuck, pinnedAt } = target.kind === 'found' ? target : {};
    const steps = [candidate?.since, candidate?.passedAt, candidate?.canary?.since];
    const times = [...steps, stable?.since, analysis?.measuredAt, stuck?.since, pinnedAt];
    for (const time of [...times, ...conditions.map(({ lastTransitionTime }) => lastTransitionTime)]) {
      if (time !== undefined) this.#sights.elapsedSeconds(metadata.name, time);
    }
  }

  /** Why the operator must not touch the target. Undefined if it may. */
  #hold({ metadata, spec }: ModelDeployment): Hold | undefined {
    if (spec.suspend)
      return {
        reason: 'Suspended',
        message: 'spec.suspend is true; set it to false to continue',
        degraded: false,
      };
    for (const [field, deployment] of deploymentsOf(spec)) {
      const owner = this.#options.cluster
        .modelDeployments()
        .filter((other) => other.metadata.deletionTimestamp === undefined)
        .filter((other) => deploymentsOf(other.spec).some(([, named]) => named === deployment))
        .reduce((first, other) => (age(other) < age(first) ? other : first)).metadata.name;
      if (owner === metadata.name) continue;
      const claimed = `Deployment ${deployment} belongs to the older ModelDeployment ${owner}`;
      return {
        reason: 'TargetClaimed',
        message: `${claimed}; delete one of the two, or correct spec.${field}`,
        degraded: true,
      };
    }
    return undefined;
  }

  /** Writes the status if it has changed. True if more than its conditions have changed. */
  async #record(
    object: ModelDeployment,
    next: ModelDeploymentStatus,
    facts: Facts | undefined,
  ): Promise<boolean> {
    const { cluster, clock, audit, onTransition } = this.#options;
    const { status = {} } = object;
    const { requestedBy, pause } = this.#rollout(object);
    const told = withTransitions(status, next, { now: clock.now(), requestedBy, pause, facts });
    const stored = await this.#statuses.write(object, { ...told, ...audit.acknowledged(object) });
    this.#heard.note(object, told);
    if (stored === undefined) return false;
    audit.take(object, stored);
    onTransition?.(object.metadata.name, status, stored);
    for (const event of events(status, stored)) await cluster.recordEvent(object, event);
    const [before, after] = [status, stored].map(withoutNotes);
    return !isDeepStrictEqual(before, after);
  }

  #millisecondsToNext(object: ModelDeployment, facts: Facts): number {
    const { spec, status = {} } = object;
    const { aliases, statements } = this.#options;
    const waits = [aliases.dueMilliseconds(object), statements.dueMilliseconds(object)];
    const podsTerminating = facts.target.kind === 'found' && facts.target.podsTerminating;
    if ((facts.pods !== undefined && !isRestoring(status)) || podsTerminating)
      waits.push(POD_POLL_MILLISECONDS);
    const underWay = status.candidate !== undefined || status.phase === 'Soaking';
    if (underWay) waits.push((spec.analysis?.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS) * 1000);
    return Math.min(...waits);
  }
}

/** The parts of a status from which the next decision follows. */
function withoutNotes(status: ModelDeploymentStatus) {
  const { conditions: _, deadline: __, recorded: ___, recordedSequence: ____, ...rest } = status;
  return rest;
}

/** The Deployments that the operator changes, each with the field that names it. */
function deploymentsOf({ target, canary }: ModelDeploymentSpec): readonly (readonly [string, string])[] {
  const isolated = canary?.isolated?.deployment;
  const fields = [['target.deployment', target.deployment]] as const;
  return isolated === undefined ? fields : [...fields, ['canary.isolated.deployment', isolated]];
}

/** Orders ModelDeployments by creation time. Names decide within the same second. */
function age({ metadata }: ModelDeployment): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}
