import type { TrustedKey } from '../../services/shared/statements/envelope.ts';
import { standingAmong } from '../../services/shared/statements/rejections.ts';
import {
  type StandingFault,
  type Subject,
  standingFault,
  type Validity,
} from '../../services/shared/statements/standing.ts';
import { readStatements, type StatementReading } from '../../services/shared/statements/statement.ts';
import type { Policy } from './policy.ts';

/** A statement, and why it does not count. */
export interface JudgedStatement {
  readonly reading: StatementReading;
  /** Undefined: it counts. */
  readonly fault: StandingFault | undefined;
}

/** Statements among the tags of a version, as the operator judges them with the same keys. Oldest first. */
export function judgedStatements(
  tags: Readonly<Record<string, string>>,
  keys: readonly TrustedKey[],
  subject: Subject,
  validity: Validity,
): readonly JudgedStatement[] {
  return readStatements(tags, keys)
    .map((reading) => ({ reading, fault: standingFault(reading, subject, validity) }))
    .sort((a, b) => timeOf(a) - timeOf(b));
}

/** Keys that approve the promotion of the version, each once. */
export function approvingKeys(statements: readonly JudgedStatement[]): readonly TrustedKey[] {
  return distinct(counting(statements, 'promote').flatMap(({ signers }) => signers));
}

/** Whether the keys suffice: enough of them, and one that belongs to a person. */
export function isApproved(approving: readonly TrustedKey[], { required, automated }: Policy): boolean {
  return approving.length >= required && approving.some(({ name }) => !automated.includes(name));
}

/** Keys that reject the version. Whoever rejected it may take that back by signing its promotion, however long ago. */
export function rejectingKeys(statements: readonly JudgedStatement[]): readonly TrustedKey[] {
  const about = statements.flatMap(({ reading, fault }) => {
    const isAbout = fault === undefined || fault.code === 'expired' || fault.code === 'from-the-future';
    return isAbout && reading.kind === 'statement' ? [reading] : [];
  });
  return distinct(standingAmong(about).flatMap(({ keys }) => keys));
}

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
