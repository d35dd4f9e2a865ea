import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyIdOf } from '../../../../services/shared/statements/envelope.ts';
import { type Subject, standingFault } from '../../../../services/shared/statements/standing.ts';
import {
  readStatements,
  type Statement,
  type StatementReading,
  signStatement,
} from '../../../../services/shared/statements/statement.ts';

const SUBJECT: Subject = {
  model: 'loan-eligibility',
  version: '7',
  digest: `sha256:${'a'.repeat(64)}`,
  alias: 'champion',
};
const AT = Date.parse('2026-11-28T12:00:00Z');
const WEEK_SECONDS = 604_800;

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEYS = [{ name: 'ada', id: keyIdOf(publicKey), key: publicKey }];

function reading(changes: Partial<Statement> = {}, keys = KEYS): StatementReading {
  const statement: Statement = {
    kind: 'promote',
    ...SUBJECT,
    actor: 'Ada Example',
    reason: 'better',
    at: new Date(AT).toISOString(),
    ...changes,
  };
  const { key, value } = signStatement(statement, privateKey);
  const [found] = readStatements({ [key]: value }, keys);
  if (found === undefined) throw new Error('no statement');
  return found;
}

function codeAt(secondsLater: number, changes: Partial<Statement> = {}) {
  const validity = { nowMilliseconds: AT + secondsLater * 1000, expiresAfterSeconds: WEEK_SECONDS };
  return standingFault(reading(changes), SUBJECT, validity)?.code;
}

describe('a statement counts for a version', () => {
  test('if it is about its model, number, files and alias', () => {
    expect(codeAt(0)).toBeUndefined();
  });

  test.each([
    ['other-model', { model: 'fraud' }],
    ['other-version', { version: '6' }],
    ['other-digest', { digest: `sha256:${'b'.repeat(64)}` }],
    ['other-alias', { alias: 'blue' }],
  ] as const)('and not otherwise: %s', (code, changes) => {
    expect(codeAt(0, changes)).toBe(code);
  });

  test('from five minutes before its time, because clocks differ, until it expires', () => {
    const seconds = fc.integer({ min: -10_000_000, max: 10_000_000 });
    fc.assert(
      fc.property(seconds, (later) => {
        const wanted = later < -300 ? 'from-the-future' : later > WEEK_SECONDS ? 'expired' : undefined;
        expect(codeAt(later)).toBe(wanted);
      }),
    );
  });

  test('at any time if it rejects the version', () => {
    for (const later of [-WEEK_SECONDS, 0, 100 * WEEK_SECONDS])
      expect(codeAt(later, { kind: 'reject' })).toBeUndefined();
  });

  test('and not if no trusted key signed it', () => {
    const validity = { nowMilliseconds: AT, expiresAfterSeconds: WEEK_SECONDS };
    expect(standingFault(reading({}, []), SUBJECT, validity)).toMatchObject({ code: 'untrusted' });
  });
});
