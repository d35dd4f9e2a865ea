import type { RecordReason } from '../../../services/shared/agreements/condition-reasons.ts';
import {
  REQUEST_LENGTH,
  type RequestAuthors,
} from '../../../services/shared/agreements/request-annotations.ts';
import type {
  Approval,
  Condition,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { conditionOf } from '../decision/condition-of.ts';
import { rolloutEvents } from '../decision/events.ts';
import { pauseMessage, waitingMessage } from '../decision/held.ts';
import { ignoredAbort } from '../decision/ignored-abort.ts';
import { isRestoring } from '../decision/restoration.ts';
import { signersOf } from './signers.ts';

/** One change of the status that the record keeps. */
export interface Happening {
  readonly reason: string;
  readonly message: string;
  /** The version that the change is about. */
  readonly version?: string | undefined;
  /** Who caused it. Undefined if the reason and the facts tell. */
  readonly by?: string | undefined;
  /** Hashes of the signed statements behind it. Undefined if they are the approvals of the version. */
  readonly statements?: readonly string[] | undefined;
}

/** What people ask for by annotations. */
export interface AskedFor {
  readonly requestedBy?: RequestAuthors | undefined;
  /** Value of the annotation pause. */
  readonly pause?: string | undefined;
}

type Author = (request: keyof RequestAuthors) => string;

const UNNAMED = 'somebody who may annotate the ModelDeployment';

/** Conditions that tell of a rollout that a person or a rule holds or directs. They are True meanwhile. */
const HOLDS = ['Held', 'BreakGlass'] as const satisfies readonly Condition['type'][];

/**
 * What happened between two statuses, in the order in which it happened. If phase, stable version, candidate or weight
 * changed, there is at least one happening.
 * @param annotations the requests of people as they are now
 */
export function happenings(
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
  annotations: AskedFor = {},
): readonly Happening[] {
  const by = (request: keyof RequestAuthors) => annotations.requestedBy?.[request] ?? UNNAMED;
  const found = [
    ...approvals(before, after),
    ...retries(before, after, by('retry')),
    ...requests(before, after, by),
    ...rolloutEventsBy(orderBehind(before, after, by('rollback')), before, after),
    ...suspension(before, after),
    ...holds(before, after, by, annotations.pause),
  ];
  return found.length > 0 || look(before) === look(after) ? found : [plain(before, after)];
}

/** Signed statements that count for a version and did not count before. */
function* approvals(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<Happening> {
  const known = new Set(approvalsIn(before).map(({ hash }) => hash));
  for (const version of [after.candidate, after.stable]) {
    for (const approval of version?.approvals ?? []) {
      if (known.has(approval.hash)) continue;
      known.add(approval.hash);
      const { hash, actor, reason } = approval;
      const message = `${actor} approved version ${version?.version}: ${reason}`;
      const by = signersOf([approval]);
      yield happening('StatementAccepted', message, version?.version, { by, statements: [hash] });
    }
  }
}

function approvalsIn({ stable, candidate, history = [] }: ModelDeploymentStatus): Approval[] {
  return [stable, candidate, ...history].flatMap((version) => version?.approvals ?? []);
}

/** Refused versions that are tried again. The refusal that is lifted stays on record. */
function* retries(
  { refusals: earlier = [] }: ModelDeploymentStatus,
  { refusals = [] }: ModelDeploymentStatus,
  by: string,
): Generator<Happening> {
  for (const { version, reason, at, liftedAt } of refusals) {
    const then = earlier.find((other) => other.version === version && other.at === at);
    if (liftedAt === undefined || then === undefined || then.liftedAt !== undefined) continue;
    yield happening('Retried', `version ${version}, refused for ${reason}, is tried again`, version, { by });
  }
}

/** Requests by annotation that were acted upon. */
function* requests(
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
  by: Author,
): Generator<Happening> {
  const { requests: then } = before;
  const { requests: now, candidate } = after;
  const about = candidate?.version;
  if (now?.approveStep !== undefined && now.approveStep !== then?.approveStep) {
    const value = printable(now.approveStep, REQUEST_LENGTH);
    const end =
      before.phase === undefined
        ? 'was there before this ModelDeployment, and counts for none of its rollouts'
        : 'ended no pause before the rollout ended, and counts for no later rollout';
    const goesOn = about !== undefined && about === before.candidate?.version && !isRestoring(after);
    yield goesOn
      ? happening('StepApproved', `the annotation approve-step is ${value}`, about, { by: by('approveStep') })
      : happening(
          'StepApprovalLapsed',
          `the annotation approve-step, set by ${by('approveStep')}, ${end}: ${value}`,
          before.candidate?.version,
          { statements: [] },
        );
  }
  const ignored = ignoredAbort(before, after);
  if (ignored !== undefined) yield happening('AbortIgnored', ignored, about, { by: by('abort') });
  else if (now?.abort !== undefined && now.abort !== then?.abort)
    yield happening(
      'AbortRequested',
      `the annotation abort is ${printable(now.abort, REQUEST_LENGTH)}`,
      before.candidate?.version,
      { by: by('abort'), statements: [] },
    );
  if (now?.rollback !== undefined && now.rollback !== then?.rollback)
    yield happening(
      'RollbackRequested',
      `the annotation rollback is ${printable(now.rollback, REQUEST_LENGTH)}${effectOf(after)}`,
      about,
      { by: by('rollback') },
    );
}

/** Why an order to go back, which is used up, changed nothing. */
function effectOf(after: ModelDeploymentStatus): string {
  switch (conditionOf(after, 'BreakGlass')?.reason) {
    case 'Pinned':
      return ', and has no effect while spec.pin stands';
    case 'RollbackImpossible':
      return ', and has no effect, because no such version has served here';
    default:
      return '';
  }
}

/** Who went back to an earlier version in this change. Undefined if nobody did. */
function orderBehind(
  { failed: then, requests: earlier }: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
  requestedBy: string,
): string | undefined {
  const { failed: now, requests } = after;
  if (now?.reason !== 'BreakGlass' || now.at === then?.at) return undefined;
  const isPinned = conditionOf(after, 'BreakGlass')?.reason === 'Pinned';
  return isPinned || requests?.rollback === earlier?.rollback ? 'spec.pin' : requestedBy;
}

function rolloutEventsBy(
  by: string | undefined,
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
): Happening[] {
  return [...rolloutEvents(before, after)].map((event) => ({ ...event, by }));
}

function* suspension(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Generator<Happening> {
  const [then, now] = [before, after].map((status) => conditionOf(status, 'Progressing')?.reason);
  if (then === now) return;
  const by = 'spec.suspend';
  if (now === 'Suspended') yield happening('Suspended', 'the operator changes nothing', undefined, { by });
  if (then === 'Suspended') yield happening('Resumed', 'the operator acts again', undefined, { by });
}

function* holds(
  before: ModelDeploymentStatus,
  after: ModelDeploymentStatus,
  by: Author,
  pause: string | undefined,
): Generator<Happening> {
  for (const type of HOLDS) {
    const then = conditionOf(before, type);
    const now = conditionOf(after, type);
    const held = now?.status === 'True';
    const wasHeld = then?.status === 'True';
    const about = (after.candidate ?? after.stable)?.version;
    const wasPaused = wasHeld && then.reason === 'PausedByRequest';
    const pauses = held && now.reason === 'PausedByRequest';
    // Another hold may stand behind a pause. Who ended the pause is told all the same.
    const unpaused = wasPaused && !pauses;
    const ends = wasHeld && (unpaused || !held);
    const endedBy = unpaused && pause === undefined ? { by: by('pause') } : {};
    if (ends) yield happening('Resumed', `${then.reason} is over`, about, endedBy);
    const isOther = !wasHeld || then.reason !== now?.reason || (pauses && !isSamePause(then, after, pause));
    if (held && isOther) {
      const order = now.reason === 'Pinned' ? 'spec.pin' : orderBehind(before, after, by('rollback'));
      yield happening(now.reason, now.message, about, { by: pauses ? by('pause') : order });
    }
  }
}

/** Other holds may begin and end behind a pause. Then the message changes, and the pause does not. */
function isSamePause(then: Condition, after: ModelDeploymentStatus, pause = ''): boolean {
  return then.message.startsWith(waitingMessage(after, pauseMessage(pause)));
}

/** A change without an Event, such as the end of a rollback. */
function plain(before: ModelDeploymentStatus, after: ModelDeploymentStatus): Happening {
  const { phase = 'Waiting', stable, candidate } = after;
  if (isRestoring(before) && !isRestoring(after) && candidate === undefined) {
    const message = `no pod decides with another version than ${stable?.version} any more`;
    return happening('Restored', message, stable?.version);
  }
  if (isRestoring(after)) {
    const message = `version ${stable?.version} decides all keys, also in pods with another pin`;
    return happening('Restoring', message, stable?.version);
  }
  const version = candidate?.version ?? stable?.version;
  return happening(phase, version === undefined ? 'no version serves' : `version ${version}`, version);
}

/** What every transition tells of the status. */
function look({ phase, stable, candidate }: ModelDeploymentStatus): string {
  return JSON.stringify([phase, stable?.version, candidate?.version, candidate?.weightPercent]);
}

type Cause = Pick<Happening, 'by' | 'statements'>;

function happening(
  reason: RecordReason | string,
  message: string,
  version?: string,
  cause: Cause = {},
): Happening {
  return { reason, message, version, ...cause };
}
