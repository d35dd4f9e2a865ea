import { isDeepStrictEqual } from 'node:util';
import type {
  ConditionReason,
  EventReason,
  RefusalReason,
} from '../../../services/shared/agreements/condition-reasons.ts';
import type {
  Condition,
  ModelDeploymentStatus,
  Phase,
} from '../../../services/shared/model-deployment/status.ts';
import { conditionOf } from './condition-of.ts';
import { ignoredAbort } from './ignored-abort.ts';
import { isRestoring } from './restoration.ts';

/** A change of the rollout, which `kubectl describe` shows as an Event. */
export interface RolloutEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: NormalReason | WarningReason;
  readonly message: string;
  /** The version that the Event is about. */
  readonly version?: string | undefined;
}

/** The Events that tell a person about a change of status. */
export function events(before: ModelDeploymentStatus, after: ModelDeploymentStatus): readonly RolloutEvent[] {
  return [
    ...rolloutEvents(before, after),
    ...holds(before, after),
    ...outages(before, after),
    ...troubles(before, after),
    ...targetLoss(before, after),
    ...orders(before, after),
    ...ignored(before, after),
    ...approvals(before, after),
  ];
}

/** What became of versions. These Events are transitions, which the audit record keeps. */
export function* rolloutEvents(
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
): Generator<RolloutEvent> {
  const { stable, candidate, failed } = after;
  const previous = before.candidate;
  const restored = after.phase === 'RolledBack' && stable?.version !== before.stable?.version;
  if (failed !== undefined && failed.at !== before.failed?.at) {
    const refused = `version ${failed.version} was refused: ${failed.message}`;
    yield warning(failed.reason as RefusalReason, refused, failed.version);
    yield warning(
      'RolledBack',
      stable ? `version ${stable.version} serves` : 'there is no earlier version to roll back to',
      stable?.version,
    );
  } else if (restored) {
    const [refusal] = after.refusals ?? [];
    const reason = (refusal?.reason ?? 'SoakFailed') as RefusalReason;
    const what = reason === 'RestoreStuck' ? 'could not be restored' : 'failed its bake time';
    yield warning(reason, `version ${before.stable?.version} ${what}`, before.stable?.version);
    yield warning('RolledBack', `version ${stable?.version} serves`, stable?.version);
  } else if (previous && !isRestoring(before)) {
    const gone = previous.version !== candidate?.version && previous.version !== stable?.version;
    const message = `version ${previous.version} is given up, because ${supersededBy(after)}`;
    if (gone) yield normal('Superseded', message, previous.version);
  }
  if (candidate && !isRestoring(after)) {
    const moved = candidate.version !== previous?.version || after.phase !== before.phase;
    const message = `version ${candidate.version} enters phase ${after.phase}`;
    if (moved) yield normal(after.phase ?? 'Waiting', message, candidate.version);
    if (candidate.mode === 'canary' && candidate.weightPercent !== (previous?.weightPercent ?? 0)) {
      yield normal(
        'WeightRaised',
        `version ${candidate.version} decides ${candidate.weightPercent} % of the keys`,
        candidate.version,
      );
    }
  }
  const promoted = before.phase !== undefined && after.phase === 'Soaking';
  if (promoted && stable && stable.version !== before.stable?.version) {
    const message = `version ${stable.version} (${stable.digest}) serves, and its bake time begins`;
    yield normal('Promoted', message, stable.version);
  }
  if (before.phase === undefined && stable !== undefined) {
    yield normal(
      'Adopted',
      `version ${stable.version} (${stable.digest}) serves, so it is the stable version of this new object, and its bake time begins`,
      stable.version,
    );
  }
  if (isConfirmed(before, after)) {
    yield normal(
      after.phase ?? 'Stable',
      `version ${stable?.version} was verified again and goes on serving`,
      stable?.version,
    );
  }
  yield* bakeTimeEnd(before, after);
}

/** The begin of a hold, another reason for it, and its end. */
function* holds(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  const then = conditionOf(before, 'Held');
  const now = conditionOf(after, 'Held');
  if (now === undefined || !changed(then, now, 'True')) return;
  if (now.status === 'True') yield normal('Held', now.message);
  else if (after.candidate !== undefined && after.candidate.version === before.candidate?.version)
    yield normal('Held', `nothing holds the rollout of version ${after.candidate.version} any more`);
}

function supersededBy(status: ModelDeploymentStatus): string {
  const claimed = conditionOf(status, 'Degraded')?.reason === 'TargetClaimed';
  return claimed ? 'another ModelDeployment claims the target' : 'the alias no longer names it';
}

/** Whether a verification of the version that serves has passed. */
function isConfirmed(before: ModelDeploymentStatus, after: ModelDeploymentStatus): boolean {
  const { stable, candidate, failed } = after;
  const verified = before.phase === 'Verifying' && before.candidate?.version === stable?.version;
  return (
    verified && candidate === undefined && failed === undefined && !isDeepStrictEqual(before.stable, stable)
  );
}

function* bakeTimeEnd(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  const { phase, stable, failed } = after;
  const ended = before.phase === 'Soaking' && (phase === 'Stable' || phase === 'RolledBack');
  // It goes on while another version waits for its approval.
  const endedMeanwhile =
    phase === 'AwaitingApproval' &&
    before.phase === phase &&
    before.stable?.availableReplicas !== undefined &&
    stable?.availableReplicas === undefined;
  const over = ended || endedMeanwhile;
  if (!over || stable?.version !== before.stable?.version || failed?.at !== before.failed?.at) return;
  if (stable?.soakedAt !== undefined)
    yield normal('Stable', `version ${stable.version} passed its bake time`, stable.version);
  else {
    const measured = before.analysis?.message ?? 'no measurement';
    yield warning(
      'SoakInconclusive',
      `the bake time ended without a verdict, so version ${stable?.version} serves unproven: ${measured}`,
      stable?.version,
    );
  }
}

function* outages(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  for (const type of ['RegistryReachable', 'MetricsReachable'] as const) {
    const then = conditionOf(before, type);
    const now = conditionOf(after, type);
    if (now === undefined || !changed(then, now, 'False')) continue;
    if (now.status === 'False') yield warning(now.reason as ConditionReason, `rollouts hold: ${now.message}`);
    else if (then !== undefined) yield normal(type, `rollouts continue: ${now.message}`);
  }
}

/** The beginning and the end of each trouble whose condition is True while the trouble lasts. */
function* troubles(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  for (const type of ['ActionDenied', 'PinContested', 'DeploymentPaused', 'ScaledToZero'] as const) {
    const then = conditionOf(before, type);
    const now = conditionOf(after, type);
    if (now === undefined || !changed(then, now, 'True')) continue;
    if (now.status === 'True') yield warning(now.reason as ConditionReason, now.message);
    else if (then !== undefined) yield normal(type, TROUBLES_OVER[type]);
  }
}

/** What became of a person's order to go back. A version that is left has Events of its own. */
function* orders(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  const then = conditionOf(before, 'BreakGlass');
  const now = conditionOf(after, 'BreakGlass');
  if (now === undefined || (now.reason === then?.reason && now.message === then.message)) return;
  if (ORDERS.has(now.reason)) yield warning(now.reason as ConditionReason, now.message);
  else if (then?.reason === 'Pinned')
    yield normal('BreakGlass', 'spec.pin is gone, and the alias is followed again');
}

/** A request that a person set in vain. */
function* ignored(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  const message = ignoredAbort(before, after);
  if (message !== undefined) yield warning('AbortIgnored', message);
}

const ORDERS: ReadonlySet<string> = new Set<ConditionReason>([
  'Pinned',
  'PinImpossible',
  'RollbackImpossible',
]);

/** What the approval of a candidate lacks, each time it lacks something else, and who approved it. */
function* approvals(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  const then = conditionOf(before, 'Approved');
  const now = conditionOf(after, 'Approved');
  if (now === undefined || after.candidate === undefined || isRestoring(after)) return;
  const isNew = after.candidate.version !== before.candidate?.version;
  if (now.reason === then?.reason && !isNew) return;
  if (now.status === 'False') yield warning(now.reason as ConditionReason, now.message);
  else if (now.reason === 'Approved') yield normal('Approved', now.message);
}

/** A refused version has its own Events, so here only the reasons count by which the target cannot be rolled out. */
function* targetLoss(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<RolloutEvent> {
  const then = lostTarget(before);
  const now = lostTarget(after);
  if (now?.reason === then?.reason) return;
  if (now !== undefined) yield warning(now.reason as ConditionReason, now.message);
  else yield normal('Degraded', 'the target can be rolled out again');
}

function lostTarget(status: ModelDeploymentStatus): Condition | undefined {
  const degraded = conditionOf(status, 'Degraded');
  return degraded?.status === 'True' && TARGET_LOSSES.has(degraded.reason) ? degraded : undefined;
}

const TARGET_LOSSES: ReadonlySet<string> = new Set<ConditionReason>(['TargetNotFound', 'TargetClaimed']);

/** Whether the status of a condition changed, or the reason of a trouble. Another trouble needs another remedy. */
function changed(then: Condition | undefined, now: Condition, trouble: Condition['status']): boolean {
  return now.status !== then?.status || (now.status === trouble && now.reason !== then.reason);
}

const TROUBLES_OVER = {
  ActionDenied: 'the API server refuses no call of the operator any more',
  PinContested: 'no other client overwrites the pin any more',
  DeploymentPaused: 'no rollout waits for a paused Deployment any more',
  ScaledToZero: 'no rollout waits for pods any more',
} as const;

type NormalReason = EventReason | Phase | Condition['type'];
type WarningReason = EventReason | RefusalReason | ConditionReason;

function normal(reason: NormalReason, message: string, version?: string): RolloutEvent {
  return { type: 'Normal', reason, message, version };
}

function warning(reason: WarningReason, message: string, version?: string): RolloutEvent {
  return { type: 'Warning', reason, message, version };
}
