import { whySpent } from '../../operators/rollout/decision/statement-faults.ts';
import type { TrustedKey } from '../../services/shared/statements/envelope.ts';
import { standingAmong } from '../../services/shared/statements/rejections.ts';
import {
  type StandingFault,
  type Subject,
  standingFault,
  type Validity,
} from '../../services/shared/statements/standing.ts';
import { readTags, type StatementReading } from '../../services/shared/statements/statement.ts';
import type { Followers } from './followers.ts';
import type { Policy } from './policy.ts';

/** Why a statement does not count. */
type Fault = StandingFault | { readonly code: 'used-up' | 'taken-back'; readonly message: string };

/** A statement, and why it does not count. */
export interface JudgedStatement {
  readonly reading: StatementReading;
  /** Undefined: it counts. */
  readonly fault: Fault | undefined;
  /** Name of the ModelDeployment in which it has let the version go on, which still goes on or serves. */
  readonly inUseBy: string | undefined;
}

/** What the tags of a version hold. */
export interface JudgedTags {
  /** Oldest first. The last ones are tags without a statement. */
  readonly statements: readonly JudgedStatement[];
  /** Tags that could hold statements, and were too many to be verified. The operator then holds the version. */
  readonly unread: number;
  /** Further tags that hold no statement. */
  readonly untold: number;
}

/** Statements among the tags of a version, as the operator judges them with the same keys. */
export function judgedTags(
  tags: Readonly<Record<string, string>>,
  keys: readonly TrustedKey[],
  subject: Subject,
  validity: Validity,
  followers: Followers,
): JudgedTags {
  const { statements, unread, untold } = readTags(tags, keys);
  const all = statements
    .map((reading) => judged(reading, subject, validity, followers))
    .sort((a, b) => timeOf(a) - timeOf(b));
  return { statements: withTakenBack(all), unread, untold };
}

/** A rejection that was taken back counts no longer. */
function withTakenBack(all: readonly JudgedStatement[]): readonly JudgedStatement[] {
  const standing = new Set(rejectionsAmong(all).map(({ rejected }) => rejected));
  return all.map((it) => {
    const { reading, fault } = it;
    if (reading.kind === 'fault' || reading.statement.kind !== 'reject') return it;
    if (fault !== undefined || standing.has(reading)) return it;
    return { ...it, fault: { code: 'taken-back', message: 'was taken back by the same key' } };
  });
}

function judged(
  reading: StatementReading,
  subject: Subject,
  validity: Validity,
  followers: Followers,
): JudgedStatement {
  const inUseBy = userOf(reading, subject, followers);
  const fault = standingFault(reading, subject, validity) ?? usedUp(reading, subject, followers);
  return { reading, fault: inUseBy === undefined ? fault : undefined, inUseBy };
}

/** A version that goes on or serves needs no further statement, also if those that let it go on have expired. */
function userOf(reading: StatementReading, subject: Subject, followers: Followers): string | undefined {
  if (reading.kind === 'fault' || followers.kind === 'unknown') return undefined;
  return followers.objects.find(({ status: { candidate, stable } = {} }) =>
    [candidate, stable].some(
      (it) =>
        it?.version === subject.version &&
        it.digest === subject.digest &&
        it.approvals?.some(({ hash }) => hash === reading.hash),
    ),
  )?.metadata.name;
}

/** A statement lets a version go on once. Only the ModelDeployment remembers it. */
function usedUp(reading: StatementReading, subject: Subject, followers: Followers): Fault | undefined {
  if (reading.kind === 'fault' || reading.statement.kind === 'reject' || followers.kind === 'unknown')
    return undefined;
  for (const { metadata, status = {} } of followers.objects) {
    const spent = whySpent(status, reading, subject);
    if (spent !== undefined) return { code: 'used-up', message: `${spent} in ${metadata.name}` };
  }
  return undefined;
}

/** Keys that approve the promotion of the version, each once. */
export function approvingKeys(statements: readonly JudgedStatement[]): readonly TrustedKey[] {
  return distinct(counting(statements, 'promote').flatMap(({ signers }) => signers));
}

/** Whether the keys suffice: enough of them, and one that belongs to a person. */
export function isApproved(approving: readonly TrustedKey[], { required, automated }: Policy): boolean {
  if (required === 0) return true;
  return approving.length >= required && approving.some(({ name }) => !automated.includes(name));
}

/** Keys that reject the version. Whoever rejected it may take that back by signing its promotion, however long ago. */
export function rejectingKeys(statements: readonly JudgedStatement[]): readonly TrustedKey[] {
  return distinct(rejectionsAmong(statements).flatMap(({ keys }) => keys));
}

function rejectionsAmong(statements: readonly JudgedStatement[]) {
  const about = statements.flatMap(({ reading, fault }) => {
    const isAbout = fault === undefined || AGES.includes(fault.code);
    return isAbout && reading.kind === 'statement' ? [reading] : [];
  });
  return standingAmong(about);
}

/** Such a statement is about the version, and no longer or not yet lets it go on. */
const AGES: readonly Fault['code'][] = ['expired', 'from-the-future', 'used-up'];

function counting(statements: readonly JudgedStatement[], kind: 'promote') {
  return statements.flatMap(({ reading, fault }) =>
    fault === undefined && reading.kind === 'statement' && reading.statement.kind === kind ? [reading] : [],
  );
}

function distinct(keys: readonly TrustedKey[]): readonly TrustedKey[] {
  return keys.filter(({ id }, index) => keys.findIndex((other) => other.id === id) === index);
}

/** A fault has no time that can be trusted, and comes last. */
function timeOf({ reading }: JudgedStatement): number {
  return reading.kind === 'statement' ? Date.parse(reading.statement.at) : Number.MAX_VALUE;
}
