import type { StatementReading } from './statement.ts';

/** What a statement must be about, so that it counts for a version. */
export interface Subject {
  /** Name of the registered model. */
  readonly model: string;
  readonly version: string;
  /** Digest of the files of the version. */
  readonly digest: string;
  readonly alias: string;
}

/** When a statement is looked at, and for how long it counts. */
export interface Validity {
  readonly nowMilliseconds: number;
  readonly expiresAfterSeconds: number;
}

/** Why a statement does not count. */
export interface StandingFault {
  readonly code:
    | Extract<StatementReading, { kind: 'fault' }>['code']
    | 'other-model'
    | 'other-version'
    | 'other-digest'
    | 'other-alias'
    | 'expired'
    | 'from-the-future';
  /** Continues a sentence about the statement, e.g. `is about version 6, not 7`. */
  readonly message: string;
}

/** Statements are made on machines of people. A clock that is ahead by less than this does no harm. */
const CLOCK_TOLERANCE_SECONDS = 300;

/**
 * Why the statement does not count for the subject. Undefined if it counts.
 * A rejection counts at any time: an old one still says that the version must not serve.
 */
export function standingFault(
  reading: StatementReading,
  subject: Subject,
  { nowMilliseconds, expiresAfterSeconds }: Validity,
): StandingFault | undefined {
  if (reading.kind === 'fault') return reading;
  const { kind, model, version, digest, alias, at } = reading.statement;
  const other = (code: StandingFault['code'], what: string, found: string, wanted: string) => ({
    code,
    message: `is about ${what} ${found}, not ${wanted}`,
  });
  if (model !== subject.model) return other('other-model', 'model', model, subject.model);
  if (version !== subject.version) return other('other-version', 'version', version, subject.version);
  // Whoever may write tags may have shown other files to whoever rejected the version.
  if (kind !== 'reject' && digest !== subject.digest)
    return other('other-digest', 'the files', digest, subject.digest);
  if (alias !== subject.alias) return other('other-alias', 'alias', alias, subject.alias);
  if (kind === 'reject') return undefined;
  const ageSeconds = (nowMilliseconds - Date.parse(at)) / 1000;
  if (ageSeconds < -CLOCK_TOLERANCE_SECONDS)
    return { code: 'from-the-future', message: `is from the future: ${at}` };
  if (ageSeconds > expiresAfterSeconds)
    return { code: 'expired', message: `is of ${at}, and counts for ${expiresAfterSeconds} s` };
  return undefined;
}
