import {
  type Approval,
  MESSAGE_LENGTH,
  type ModelDeploymentStatus,
  TRANSITIONS_LENGTH,
  type Transition,
} from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { type Facts, type Measurement, timestamp } from '../decision/rollout.ts';
import { type AskedFor, type Happening, happenings } from './happenings.ts';
import { newestRecorded } from './newest-recorded.ts';
import { BY_LENGTH, signersOf } from './signers.ts';

export interface Circumstances extends AskedFor {
  /** Time of the API server, in milliseconds since the epoch. */
  readonly now: number;
  /** Undefined if nothing was observed, because the operator may not act. */
  readonly facts?: Pick<Facts, 'alias' | 'measurement'> | undefined;
}

/** Most checks in one transition, so that the status stays small. The checks that failed come first. */
const CHECKS = 12;
const STATEMENTS = 10;
const WEIGHTIEST_FIRST = ['failed', 'inconclusive', 'passed'] as const;
const BY_ALIAS: ReadonlySet<string> = new Set(['Verifying', 'Superseded']);

/**
 * The next status with the transitions that lead to it. They are written together with it, so none is lost, and none is
 * recorded that did not happen. `status.transitions` is thereby the outbox of the audit record.
 */
export function withTransitions(
  before: ModelDeploymentStatus,
  next: ModelDeploymentStatus,
  circumstances: Circumstances,
): ModelDeploymentStatus {
  const found = happenings(before, next, circumstances);
  if (found.length === 0) return next;
  const { transitions = [] } = before;
  const last = transitions[0]?.sequence ?? newestRecorded(before);
  const added = found.map((happening, index) =>
    transition(last + 1 + index, happening, before, next, circumstances),
  );
  return { ...next, transitions: [...added.toReversed(), ...transitions].slice(0, TRANSITIONS_LENGTH) };
}

function transition(
  sequence: number,
  happening: Happening,
  before: ModelDeploymentStatus,
  next: ModelDeploymentStatus,
  { now, facts }: Circumstances,
): Transition {
  const { phase = 'Waiting', stable, candidate } = next;
  const { reason, version } = happening;
  const measured = measuredVersion(before) === version ? measurementOf(before, facts?.measurement) : {};
  const approvals = approvalsOf(version, next, before);
  const statements = happening.statements ?? approvals.map(({ hash }) => hash);
  return defined({
    sequence,
    at: timestamp(now),
    reason,
    message: printable(withMeasurement(happening.message, measured.message), MESSAGE_LENGTH),
    phase,
    stable: stable?.version,
    candidate: candidate?.version,
    digest: digestOf(version, next) ?? digestOf(version, before),
    weightPercent: candidate?.weightPercent,
    by: printable(happening.by ?? whoCaused(happening, approvals, before, facts), BY_LENGTH),
    statements: statements.length === 0 ? undefined : statements.slice(0, STATEMENTS),
    samples: measured.samples,
    checks: measured.checks,
    generation: next.observedGeneration,
  });
}

/** Signers let a version go on once. What follows from that is done by the operator, and no signature ends a hold. */
function whoCaused(
  { reason }: Happening,
  approvals: readonly Approval[],
  { phase }: ModelDeploymentStatus,
  facts: Circumstances['facts'],
): string {
  if (reason === 'Resumed') return 'the operator';
  if (reason === 'Promoted' || phase === 'AwaitingApproval')
    return approvals.length > 0 ? signersOf(approvals) : 'the operator';
  const knowsAlias = facts?.alias.kind === 'version' || facts?.alias.kind === 'absent';
  return BY_ALIAS.has(reason) && knowsAlias ? 'the alias' : 'the operator';
}

interface Measured extends Pick<Transition, 'samples' | 'checks'> {
  readonly message?: string;
}

/** What was measured last: in this look, or before it. */
function measurementOf(
  { analysis, candidate }: ModelDeploymentStatus,
  measurement: Measurement | undefined,
): Measured {
  if (measurement?.kind === 'measured') {
    const { samples, checks, message } = measurement;
    return { samples, checks: fewest(checks ?? analysis?.checks), message };
  }
  if (analysis === undefined) return {};
  return { samples: candidate?.samples, checks: fewest(analysis.checks), message: analysis.message };
}

function fewest(checks: Transition['checks'] | readonly Check[]): Check[] | undefined {
  if (checks === undefined || checks.length === 0) return undefined;
  const sorted = WEIGHTIEST_FIRST.flatMap((verdict) => checks.filter((check) => check.verdict === verdict));
  return sorted.slice(0, CHECKS);
}

type Check = NonNullable<Transition['checks']>[number];

/** The version whose records were measured until now. In the bake time that is the stable version. */
function measuredVersion({ phase, stable, candidate }: ModelDeploymentStatus): string | undefined {
  if (candidate !== undefined) return phase === 'Verifying' ? undefined : candidate.version;
  return phase === 'Soaking' ? stable?.version : undefined;
}

function withMeasurement(message: string, measured: string | undefined): string {
  return measured === undefined || message.includes(measured) ? message : `${message}: ${measured}`;
}

function digestOf(version: string | undefined, status: ModelDeploymentStatus): string | undefined {
  return versionsIn(status).find((other) => other?.version === version && other?.digest)?.digest;
}

function approvalsOf(
  version: string | undefined,
  ...statuses: readonly ModelDeploymentStatus[]
): readonly Approval[] {
  const known = statuses.flatMap(({ candidate, stable }) => [candidate, stable]);
  return known.find((other) => other?.version === version && other?.approvals)?.approvals ?? [];
}

function versionsIn({ candidate, stable, failed, refusals = [], history = [] }: ModelDeploymentStatus) {
  return [candidate, stable, failed, ...refusals, ...history];
}

/** Without the keys whose value is undefined, as the API server stores it. */
function defined(transition: Transition): Transition {
  return Object.fromEntries(
    Object.entries(transition).filter(([, value]) => value !== undefined),
  ) as Transition;
}
