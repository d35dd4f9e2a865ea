import type { TrustedKey } from './envelope.ts';
import { type Subject, standingFault } from './standing.ts';
import type { StatementReading } from './statement.ts';

type Signed = Extract<StatementReading, { kind: 'statement' }>;

interface Rejection {
  readonly rejected: Signed;
  /** The keys that made the rejection and did not take it back. Never empty. */
  readonly keys: readonly TrustedKey[];
}

/** Neither an age nor a clock matters for a rejection, or for what takes it back. */
const ALWAYS = { nowMilliseconds: Number.POSITIVE_INFINITY, expiresAfterSeconds: Number.POSITIVE_INFINITY };

/** The rejections of a version that hold. */
export function standingRejections(
  readings: readonly StatementReading[],
  subject: Subject,
): readonly Rejection[] {
  const about = readings
    .filter((reading): reading is Signed => reading.kind === 'statement')
    .filter((reading) => standingFault(reading, subject, ALWAYS) === undefined);
  return standingAmong(about);
}

/**
 * The rejections that hold among statements about one version, of any age. A key takes its own rejection back by a promotion
 * that names the hash of the rejection in `takesBack`. Times prove no order, because they come from different clocks.
 */
export function standingAmong(about: readonly Signed[]): readonly Rejection[] {
  const isTakenBack = (hash: string, id: string) =>
    about.some(({ statement, signers }) => {
      const names = statement.kind === 'promote' && statement.takesBack?.includes(hash);
      return names && signers.some((signer) => signer.id === id);
    });
  return about
    .filter(({ statement }) => statement.kind === 'reject')
    .map((rejected) => {
      const keys = rejected.signers.filter(({ id }) => !isTakenBack(rejected.hash, id));
      return { rejected, keys };
    })
    .filter(({ keys }) => keys.length > 0);
}
