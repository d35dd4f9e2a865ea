import { isDeepStrictEqual } from 'node:util';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { CandidateVersion } from '../../services/shared/model-deployment/status.ts';
import type { AvailableFalls } from './cluster/available-falls.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { CrashCounts } from './cluster/crash-counts.ts';
import type { Pod } from './cluster/objects.ts';
import { deploymentPods, jobPods } from './cluster/own-pods.ts';
import { readPodHealth } from './cluster/pod-health.ts';
import { haveDecided, type PodProber, readPods } from './cluster/pod-prober.ts';
import { servingPins } from './cluster/serving-pins.ts';
import { isReplacingPods, isTerminating, podPin, readTarget } from './cluster/target.ts';
import { verificationJobName } from './cluster/verification-job.ts';
import { readVerification } from './cluster/verification-result.ts';
import { loadOf, type WatchedPods, watchedPods } from './cluster/watched-pods.ts';
import type { CountedTime } from './counted-time.ts';
import { precedesLoading } from './decision/before-loading.ts';
import { isRollbackNew, pinnedVersion } from './decision/break-glass.ts';
import { progressDeadlineSeconds } from './decision/deadlines.ts';
import { hasBakeTimeQueries } from './decision/queries.ts';
import { isRestoreOverdue, isRestoring } from './decision/restoration.ts';
import type {
  AliasReading,
  BlindReading,
  Crashes,
  Facts,
  Measurement,
  PodHealth,
  Rollout,
  TargetReading,
  VerificationReading,
} from './decision/rollout.ts';
import { isInBakeTime, watchedSince } from './decision/stable-pods.ts';
import type { GuardedCalls } from './guarded-calls.ts';
import { evidenceSince, isMeasurementDue, takeMeasurement } from './measurement/due-measurement.ts';
import type { MetricsSource } from './measurement/prometheus.ts';
import type { PodNames, SeenPods } from './measurement/seen-pods.ts';
import type { UnrecordedMeasurements } from './measurement/unrecorded-measurements.ts';
import type { RolloutProgress } from './rollout-progress.ts';
import { unexpectedMessage } from './unexpected-error.ts';

/** The sources of the facts. */
export interface Sources {
  readonly cluster: Cluster;
  readonly metrics: MetricsSource;
  readonly prober: PodProber;
}

/** What the observations of one process remember. */
interface Memory {
  readonly crashes: CrashCounts;
  readonly falls: AvailableFalls;
  readonly seenPods: SeenPods;
  readonly progress: RolloutProgress;
  readonly measurements: UnrecordedMeasurements;
  readonly countedTime: CountedTime;
}

/** The recorded state, the time of the API server, and durations since stored times. */
type Time = Rollout;

/** Gathers the facts that the present phase needs, beside the alias. Takes a measurement only when it is due. */
export async function observe(
  sources: Sources & Memory,
  object: ModelDeployment,
  calls: GuardedCalls,
  alias: AliasReading,
  time: Time,
): Promise<Facts> {
  const { cluster } = sources;
  const { phase, stable, candidate } = object.status ?? {};
  // Prometheus may hang, and an order of a person to go back does not wait for a measurement.
  const due =
    pinnedVersion(time) === undefined && !isRollbackNew(time) && isMeasurementDue(object, time.elapsed);
  const loads = candidate !== undefined && !precedesLoading(phase);
  const state = { status: object.status ?? {}, elapsed: time.elapsed };
  const found = readTarget(object.spec.target, cluster.deployment(object.spec.target.deployment));
  const adopts = phase === undefined && found.kind === 'found' && found.mixed === true;
  const lists = loads || due || adopts || watchedSince(state) !== undefined;
  const pods = lists ? await podsOfTarget(cluster, object, calls) : undefined;
  const podNames = lists ? namesInStep(sources, object, pods, time) : undefined;
  const { deployment, container } = object.spec.target;
  const watched = pods && watchedPods(state, pods, cluster.deployment(deployment), container);
  // The same version may be loaded again later.
  if (!loads && watchedSince(state) === undefined) sources.crashes.forget(object.metadata.name);
  const target = withIdleSeconds(sources, object, targetReading(cluster, object, pods, time));
  const isOverdue = candidate !== undefined && isRestoreOverdue(state, target);
  const facts: Facts = {
    alias,
    target,
    pods: isOverdue ? await loadedPods(sources, object, pods, candidate, time) : undefined,
    servingPins: adopts ? pods && servingPins(pods, container) : undefined,
    crashes: watched && crashes(sources, object, watched, time),
    health: watched && health(object, watched, target, time),
    blind: loads ? blind(sources, object, target, pods !== undefined) : undefined,
    measurement: due ? await measurementOf(sources, object, podNames, time) : undefined,
  };
  const bakes = phase === 'Soaking' || (phase === 'AwaitingApproval' && isInBakeTime(object.status ?? {}));
  if (bakes) return { ...facts, decided: await decided(sources, object, pods, calls, time) };
  if (candidate === undefined) return facts;
  switch (phase) {
    case 'Verifying':
      return { ...facts, verification: await verification(cluster, object, calls, candidate) };
    case 'Canary':
      // The next step begins only after a measurement, and only if the pods have loaded the candidate.
      return candidate.weightPercent === 0 || due
        ? { ...facts, pods: await loadedPods(sources, object, pods, candidate, time) }
        : facts;
    case 'Promoting':
      return stable === undefined || candidate.weightPercent === 100
        ? facts
        : { ...facts, pods: await loadedPods(sources, object, pods, candidate, time) };
    default:
      return facts;
  }
}

/**
 * The state of the target. Not complete while an old pod is terminating: clearing the candidate now would make that pod
 * decide with its old version.
 */
function targetReading(
  cluster: Cluster,
  { spec, status = {} }: ModelDeployment,
  pods: readonly Pod[] | undefined,
  { now }: Time,
): TargetReading {
  const target = readTarget(spec.target, cluster.deployment(spec.target.deployment));
  const podsUseCandidate =
    status.candidate !== undefined && (status.phase === 'Promoting' || isRestoring(status));
  if (target.kind !== 'found' || !target.complete || !podsUseCandidate) return target;
  if (pods === undefined) return { ...target, complete: false };
  const { pin } = target;
  const isOld = (pod: Pod) => !isDeepStrictEqual(podPin(pod, spec.target.container), pin);
  const podsTerminating = pods.some((pod) => isTerminating(pod, now) && isOld(pod));
  return { ...target, complete: !podsTerminating, podsTerminating };
}

/** The target with the time for which its pods made no progress. A time in which they could not move does not count. */
function withIdleSeconds(
  { cluster, progress, countedTime }: Sources & Memory,
  { metadata, spec, status = {} }: ModelDeployment,
  target: TargetReading,
): TargetReading {
  const { phase, candidate } = status;
  if (target.kind !== 'found' || candidate === undefined) return target;
  if (phase !== 'Promoting' && !isRestoring(status)) return target;
  const { updatedReplicas, availableReplicas, replicas } =
    cluster.deployment(spec.target.deployment)?.status ?? {};
  const { wait, since, seconds = 0 } = status.deadline ?? {};
  const earlier = wait === 'replacement' && since === candidate.since ? seconds : 0;
  const aim = JSON.stringify([candidate.version, candidate.since, target.pin]);
  const state = JSON.stringify([target.wantedReplicas, replicas, updatedReplicas, availableReplicas]);
  const counted = countedTime.total(metadata.name, 'replacement');
  const idleSeconds = progress.idleSeconds(metadata.name, { aim, state, counted, earlier });
  const waitedLong = target.podsTerminating && idleSeconds >= progressDeadlineSeconds(target);
  // A client may delete old pods again and again, or give them a grace period of hours.
  const bounded = waitedLong ? { ...target, complete: true, podsTerminating: false } : target;
  return { ...bounded, idleSeconds };
}

/** Undefined if there is no target, or if the API server does not give its pods. */
async function podsOfTarget(cluster: Cluster, { spec }: ModelDeployment, calls: GuardedCalls) {
  const deployment = cluster.deployment(spec.target.deployment);
  if (deployment === undefined) return undefined;
  const what = 'listing the pods of the target';
  const content = JSON.stringify(deployment.spec.selector);
  return calls.attempt({ kind: 'read', what, content }, () => deploymentPods(cluster, deployment));
}

/** The names of the target's pods since the measured step began. Undefined if the pods cannot be listed. */
function namesInStep(
  { seenPods }: Memory,
  object: ModelDeployment,
  pods: readonly Pod[] | undefined,
  { elapsed, actedSeconds }: Time,
): PodNames | undefined {
  const { name } = object.metadata;
  const since = evidenceSince(object) ?? '';
  if (pods === undefined) {
    seenPods.miss(name, since);
    return undefined;
  }
  const present = pods.map(({ metadata }) => metadata.name);
  return seenPods.add(name, since, present, elapsed(since) < actedSeconds);
}

function crashes(
  memory: Memory,
  { metadata, spec }: ModelDeployment,
  { id, crashing, since, recoverySeconds }: WatchedPods,
  { now }: Time,
): Crashes {
  const { container } = spec.target;
  return memory.crashes.read(metadata.name, crashing, { id, container, since, recoverySeconds, now });
}

function health(
  { spec }: ModelDeployment,
  { available, since, replacing }: WatchedPods,
  target: TargetReading,
  { now }: Time,
): PodHealth | undefined {
  if (target.kind !== 'found') return undefined;
  const { container } = spec.target;
  const { startSeconds, minReadySeconds } = target;
  return readPodHealth(available, { container, now, since, replacing, minReadySeconds, startSeconds });
}

/** Looks at the number of available pods also while the pods are listed, so that a later fall shows. */
function blind(
  { cluster, falls }: Sources & Memory,
  { metadata, spec, status }: ModelDeployment,
  target: TargetReading,
  listed: boolean,
): BlindReading | undefined {
  const deployment = cluster.deployment(spec.target.deployment);
  const candidate = status?.candidate;
  if (candidate === undefined || deployment === undefined || target.kind !== 'found') return undefined;
  return falls.read(metadata.name, {
    id: loadOf(candidate),
    available: target.availableReplicas,
    wanted: target.wantedReplicas,
    expected: Math.min(candidate.availableReplicas ?? 0, target.wantedReplicas),
    listed,
    replacing: status?.phase === 'Promoting' || isReplacingPods(deployment),
    recreates: deployment.spec.strategy?.type === 'Recreate',
  });
}

/** Whether pods decided with the stable version, as far as the end of an unmeasured bake time depends on it. */
async function decided(
  { cluster, prober }: Sources,
  object: ModelDeployment,
  known: readonly Pod[] | undefined,
  calls: GuardedCalls,
  { elapsed }: Time,
): Promise<boolean | undefined> {
  const { spec, status } = object;
  const stable = status?.stable;
  const measured = hasBakeTimeQueries(spec);
  if (stable === undefined || measured || elapsed(stable.since) < spec.soakSeconds) return undefined;
  const pods = known ?? (await podsOfTarget(cluster, object, calls));
  return pods && haveDecided(prober, pods, spec.target.container, stable.version);
}

/** Undefined if the API server does not give the result. */
async function verification(
  cluster: Cluster,
  object: ModelDeployment,
  calls: GuardedCalls,
  candidate: CandidateVersion,
): Promise<VerificationReading | undefined> {
  const name = verificationJobName(object, candidate);
  const job = cluster.jobs(object.metadata.name).find(({ metadata }) => metadata.name === name);
  if (job === undefined) return { kind: 'running' };
  const call = { kind: 'read', what: 'listing the pods of the verification Job', content: name } as const;
  const pods = await calls.attempt(call, () => jobPods(cluster, job));
  return pods && readVerification(job, pods);
}

async function loadedPods(
  { prober }: Sources,
  { spec }: ModelDeployment,
  pods: readonly Pod[] | undefined,
  candidate: CandidateVersion,
  { now }: Time,
) {
  return pods && readPods(prober, pods, spec, candidate.version, now);
}

/** The measurement of this phase. An error of the source is a reading too, so that it stops nothing else. */
function measurementOf(
  { metrics, measurements }: Sources & Memory,
  object: ModelDeployment,
  podNames: PodNames | undefined,
  { elapsed }: Time,
): Promise<Measurement | undefined> {
  const take = () => takeMeasurement(metrics, object, podNames, elapsed);
  return measurements.measure(object, take).catch((error: unknown) => ({
    kind: 'unreachable',
    message: unexpectedMessage('Prometheus', error),
  }));
}
