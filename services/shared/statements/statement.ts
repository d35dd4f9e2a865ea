import { createHash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  type Envelope,
  EnvelopeError,
  keyIdOf,
  parseEnvelope,
  payloadOf,
  signEnvelope,
  signersOf,
  type TrustedKey,
  verificationsOf,
} from './envelope.ts';

/**
 * Signed statements about a version of a model, stored as tags of the version. scripts/promote and jobs/training write
 * them, and the operator reads them.
 */

export const STATEMENT_TYPE = 'application/vnd.loan-eligibility.statement.v1+json';

/**
 * Each signature of a statement has a tag of its own, `statement.<hash>.<key id>`, so that two people never overwrite each
 * other, also if they state the same at the same time. Readers take any name with this prefix.
 */
const STATEMENT_TAG_PREFIX = 'statement.';

const KEY_ID_CHARACTERS = 16;

/** Signatures that are verified for one version. Somebody who may write tags could add any number. */
const VERIFICATIONS = 200;
/** Tags without a statement of which the reason is told. */
const FAULTS_TOLD = 50;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LINE = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u;
const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** Whether the day and the hour exist. `Date` takes 30 February for 2 March, and the API server does not. */
function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.valueOf()) && time.toISOString().slice(0, 19) === text.slice(0, 19);
}

const line = (maximum: number) =>
  z.string().min(1).max(maximum).regex(LINE, 'must be one line without control characters');

/** Rejections that one statement takes back. More would not fit into a tag. */
export const MOST_TAKEN_BACK = 10;

export const statementSchema = z
  .strictObject({
    kind: z
      .enum(['promote', 'approve-step', 'reject'])
      .describe(
        'promote: the alias may name this version. approve-step: its canary may go on after a step. reject: the version must not serve.',
      ),
    model: line(200).describe('Name of the registered model.'),
    version: z
      .string()
      .regex(/^\d{1,20}$/)
      .describe('Version of the model.'),
    digest: z.string().regex(DIGEST).describe('Digest of the files of the version.'),
    alias: line(100).describe(
      'Alias that the statement is about. A statement for another alias does not count.',
    ),
    weightPercent: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe('For approve-step: weight of the step after which the canary pauses.'),
    takesBack: z
      .array(z.string().regex(DIGEST))
      .min(1)
      .max(MOST_TAKEN_BACK)
      .optional()
      .describe('For promote: hashes of rejections by the same key, which count no longer.'),
    card: z.string().regex(DIGEST).optional().describe('SHA-256 of the model card that the signer had.'),
    actor: line(200).describe('Who states it. The key proves it, and the name is as the signer gave it.'),
    reason: line(1000).describe('Why.'),
    at: z
      .string()
      .regex(RFC_3339_UTC)
      .refine(isTime, 'is no time')
      .describe('Time of the statement, RFC 3339 in UTC.'),
  })
  .refine(({ kind, weightPercent }) => (kind === 'approve-step') === (weightPercent !== undefined), {
    path: ['weightPercent'],
    error: 'goes with kind approve-step alone',
  })
  .refine(({ kind, takesBack }) => kind === 'promote' || takesBack === undefined, {
    path: ['takesBack'],
    error: 'goes with kind promote alone',
  });

export type Statement = z.output<typeof statementSchema>;

/** What a tag holds: a statement and the trusted keys that signed it, or why it counts for nothing. */
export type StatementReading =
  | {
      readonly kind: 'statement';
      readonly tag: string;
      /** `statementHash` of the payload. A signature can be written in several ways, a payload cannot. */
      readonly hash: string;
      readonly statement: Statement;
      /** Each key once. Never empty. */
      readonly signers: readonly TrustedKey[];
    }
  | {
      readonly kind: 'fault';
      readonly tag: string;
      /** `malformed`: no statement. `untrusted`: no trusted key signed it. */
      readonly code: 'malformed' | 'untrusted';
      readonly message: string;
    };

type Signed = Extract<StatementReading, { kind: 'statement' }>;
type Fault = Extract<StatementReading, { kind: 'fault' }>;

/** `sha256:` and the hex SHA-256 of the payload. */
function statementHash(payload: Uint8Array): string {
  return `sha256:${createHash('sha256').update(payload).digest('hex')}`;
}

/** The tag in which the statement is stored, and its value. */
export function signStatement(statement: Statement, key: KeyObject): { key: string; value: string } {
  const payload = Buffer.from(JSON.stringify(statementSchema.parse(statement)));
  const value = JSON.stringify(signEnvelope(STATEMENT_TYPE, payload, key));
  const hash = statementHash(payload).slice('sha256:'.length, 39);
  return { key: `${STATEMENT_TAG_PREFIX}${hash}.${keyIdOf(key).slice(0, KEY_ID_CHARACTERS)}`, value };
}

/** What the tags of a version hold, by tag. */
export interface TagsRead {
  /** Every statement once, and why the first tags that hold none count for nothing. */
  readonly statements: readonly StatementReading[];
  /** Tags that could hold statements, and were too many to be verified. One of them could be a rejection. */
  readonly unread: number;
  /** Further tags that hold no statement, whose reasons are not among `statements`. */
  readonly untold: number;
}

/** Every statement among the tags of a version. A tag that holds none is a fault, never an exception. */
export function readStatements(
  tags: Readonly<Record<string, string>>,
  keys: readonly TrustedKey[],
): readonly StatementReading[] {
  return readTags(tags, keys).statements;
}

/**
 * As `readStatements`, with the number of tags that were too many. Copies and tags without an envelope cost nothing, and
 * envelopes that name a trusted key come first. So tags of somebody without a key seldom keep a statement from being read.
 */
export function readTags(tags: Readonly<Record<string, string>>, keys: readonly TrustedKey[]): TagsRead {
  const faults: Fault[] = [];
  const sealed: { readonly tag: string; readonly envelope: Envelope; readonly cost: number }[] = [];
  const texts = new Set<string>();
  for (const [tag, text] of Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!tag.startsWith(STATEMENT_TAG_PREFIX) || texts.has(text)) continue;
    texts.add(text);
    const envelope = orFault(tag, () => parseEnvelope(text, STATEMENT_TYPE));
    if ('code' in envelope) faults.push(envelope);
    else sealed.push({ tag, envelope, cost: verificationsOf(envelope, keys) });
  }
  const signed = new Map<string, Signed>();
  let left = VERIFICATIONS;
  let unread = 0;
  for (const { tag, envelope, cost } of sealed.sort((a, b) => a.cost - b.cost)) {
    left -= cost;
    if (left < 0) {
      unread++;
      continue;
    }
    const reading = orFault(tag, () => readEnvelope(tag, envelope, keys));
    if (reading.kind === 'fault') faults.push(reading);
    else signed.set(reading.hash, merged(reading, signed.get(reading.hash)));
  }
  const statements = [...signed.values(), ...faults.slice(0, FAULTS_TOLD)];
  const untold = Math.max(0, faults.length - FAULTS_TOLD);
  return { statements: statements.sort((a, b) => (a.tag < b.tag ? -1 : 1)), unread, untold };
}

/** Two people may sign the same words. */
function merged(one: Signed, other: Signed | undefined): Signed {
  if (other === undefined) return one;
  const known = new Set(other.signers.map(({ id }) => id));
  return { ...other, signers: [...other.signers, ...one.signers.filter(({ id }) => !known.has(id))] };
}

function readEnvelope(tag: string, envelope: Envelope, keys: readonly TrustedKey[]): StatementReading {
  const signers = signersOf(envelope, keys);
  if (signers.length === 0)
    return { kind: 'fault', tag, code: 'untrusted', message: 'no trusted key signed it' };
  const payload = payloadOf(envelope);
  const parsed = statementSchema.safeParse(JSON.parse(payload.toString('utf8')));
  if (parsed.success)
    return { kind: 'statement', tag, hash: statementHash(payload), statement: parsed.data, signers };
  const [issue] = parsed.error.issues;
  return malformed(tag, `${issue?.path.join('.') || 'payload'}: ${issue?.message}`);
}

function orFault<T>(tag: string, read: () => T): T | Fault {
  try {
    return read();
  } catch (error) {
    if (error instanceof EnvelopeError) return malformed(tag, error.message);
    if (error instanceof SyntaxError) return malformed(tag, 'the payload is not JSON');
    throw error;
  }
}

function malformed(tag: string, message: string): Fault {
  return { kind: 'fault', tag, code: 'malformed', message };
}
