import { createHash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  EnvelopeError,
  parseEnvelope,
  payloadOf,
  signEnvelope,
  signersOf,
  type TrustedKey,
} from './envelope.ts';

/**
 * Signed statements about a version of a model, stored as tags of the version. scripts/promote and jobs/training write
 * them, and the operator reads them.
 */

export const STATEMENT_TYPE = 'application/vnd.loan-eligibility.statement.v1+json';

/** Each statement has a tag of its own, `statement.<hash>`, so that two people never overwrite each other. */
export const STATEMENT_TAG_PREFIX = 'statement.';

/** Statements of one version that are read. Somebody who may write tags could add any number. */
const STATEMENTS_READ = 50;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LINE = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u;
const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

const line = (maximum: number) =>
  z.string().min(1).max(maximum).regex(LINE, 'must be one line without control characters');

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
    card: z.string().regex(DIGEST).optional().describe('SHA-256 of the model card that the signer had.'),
    actor: line(200).describe('Who states it. The key proves it, and the name is as the signer gave it.'),
    reason: line(1000).describe('Why.'),
    at: z
      .string()
      .regex(RFC_3339_UTC)
      .refine((text) => !Number.isNaN(Date.parse(text)), 'is no time')
      .describe('Time of the statement, RFC 3339 in UTC.'),
  })
  .refine(({ kind, weightPercent }) => (kind === 'approve-step') === (weightPercent !== undefined), {
    path: ['weightPercent'],
    error: 'goes with kind approve-step alone',
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

/** `sha256:` and the hex SHA-256 of the payload. */
function statementHash(payload: Uint8Array): string {
  return `sha256:${createHash('sha256').update(payload).digest('hex')}`;
}

/** The tag in which the statement is stored, and its value. */
export function signStatement(statement: Statement, key: KeyObject): { key: string; value: string } {
  const payload = Buffer.from(JSON.stringify(statementSchema.parse(statement)));
  const value = JSON.stringify(signEnvelope(STATEMENT_TYPE, payload, key));
  return { key: `${STATEMENT_TAG_PREFIX}${statementHash(payload).slice('sha256:'.length, 39)}`, value };
}

/** Every statement among the tags of a version, by tag. A tag that holds none is a fault, never an exception. */
export function readStatements(
  tags: Readonly<Record<string, string>>,
  keys: readonly TrustedKey[],
): readonly StatementReading[] {
  return Object.entries(tags)
    .filter(([tag]) => tag.startsWith(STATEMENT_TAG_PREFIX))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, STATEMENTS_READ)
    .map(([tag, text]) => readStatement(tag, text, keys));
}

function readStatement(tag: string, text: string, keys: readonly TrustedKey[]): StatementReading {
  const fault = (code: 'malformed' | 'untrusted', message: string) =>
    ({ kind: 'fault', tag, code, message }) as const;
  try {
    const envelope = parseEnvelope(text, STATEMENT_TYPE);
    const signers = signersOf(envelope, keys);
    if (signers.length === 0) return fault('untrusted', 'no trusted key signed it');
    const payload = payloadOf(envelope);
    const parsed = statementSchema.safeParse(JSON.parse(payload.toString('utf8')));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return fault('malformed', `${issue?.path.join('.') || 'payload'}: ${issue?.message}`);
    }
    return { kind: 'statement', tag, hash: statementHash(payload), statement: parsed.data, signers };
  } catch (error) {
    if (error instanceof EnvelopeError) return fault('malformed', error.message);
    if (error instanceof SyntaxError) return fault('malformed', 'the payload is not JSON');
    throw error;
  }
}
