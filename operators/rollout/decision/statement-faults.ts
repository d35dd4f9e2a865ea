import type { ApprovalReason } from '../../../services/shared/agreements/condition-reasons.ts';
import { type StandingFault, standingFault } from '../../../services/shared/statements/standing.ts';
import type { StatementReading } from '../../../services/shared/statements/statement.ts';
import { endOf } from './ended-versions.ts';
import type { Identity } from './identity.ts';
import { type Rollout, timestamp } from './rollout.ts';
import { isUsed } from './used-statements.ts';

const REASONS = {
  malformed: 'StatementMalformed',
  untrusted: 'UntrustedKey',
  'other-model': 'StatementMismatch',
  'other-version': 'StatementMismatch',
  'other-digest': 'StatementMismatch',
  'other-alias': 'StatementMismatch',
  expired: 'StatementExpired',
  'from-the-future': 'StatementFromTheFuture',
} as const satisfies Record<StandingFault['code'], ApprovalReason>;

/** Why a statement does not count. */
export interface StatementFault {
  readonly tag: string;
  readonly reason: ApprovalReason;
  readonly message: string;
}

type Signed = Extract<StatementReading, { kind: 'statement' }>;
type Asked = Pick<Rollout, 'spec' | 'status' | 'now'>;

/** Why a statement does not count for the version now. Undefined if it counts. */
export function faultOf(
  rollout: Asked,
  reading: StatementReading,
  version: Identity,
): StatementFault | undefined {
  const { tag } = reading;
  const fault = standingFault(reading, subjectOf(rollout, version), {
    nowMilliseconds: rollout.now,
    expiresAfterSeconds: rollout.spec.approval?.expiresAfterSeconds ?? 0,
  });
  if (fault !== undefined) return { tag, reason: REASONS[fault.code], message: fault.message };
  const spent = reading.kind === 'statement' ? whySpent(rollout.status, reading, version) : undefined;
  return spent === undefined
    ? undefined
    : { tag, reason: 'StatementReplayed', message: `${spent}; sign again` };
}

/** What a statement must be about to count for the version. */
export function subjectOf({ spec }: Asked, { version, digest = '' }: Identity) {
  return { model: spec.model, version, digest, alias: spec.registry.alias };
}

/** Why the statement counts no longer, although nothing is wrong with it. */
export function whySpent(
  status: Rollout['status'],
  { hash, statement }: Signed,
  version: Identity,
): string | undefined {
  const { at } = statement;
  if (isUsed(status.usedStatements, hash, at)) return `is of ${at}, and was used before`;
  const ended = endOf(status, version);
  if (ended === undefined || Date.parse(at) > ended) return undefined;
  return `is of ${at}, and the version was replaced or refused at ${timestamp(ended)}`;
}
