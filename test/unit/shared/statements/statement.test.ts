import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyIdOf, parsePublicKey, type TrustedKey } from '../../../../services/shared/statements/envelope.ts';
import {
  readStatements,
  readTags,
  type Statement,
  signStatement,
} from '../../../../services/shared/statements/statement.ts';

const STATEMENT: Statement = {
  kind: 'promote',
  model: 'loan-eligibility',
  version: '7',
  digest: `sha256:${'a'.repeat(64)}`,
  alias: 'champion',
  actor: 'Ada Example',
  reason: 'better than version 6 on every measure',
  at: '2026-11-28T12:00:00Z',
};

const alice = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bob = generateKeyPairSync('ed25519');
const carol = generateKeyPairSync('ec', { namedCurve: 'P-384' });

function trusted(name: string, key: KeyObject): TrustedKey {
  return { name, id: keyIdOf(key), key };
}

function read(value: string, keys = [trusted('alice', alice.publicKey)]) {
  return readStatements({ 'statement.1': value, digest: 'another tag' }, keys)[0];
}

describe('a signed statement', () => {
  test.each([
    ['ECDSA P-256', alice],
    ['ECDSA P-384', carol],
    ['Ed25519', bob],
  ])('is read with the key that signed it: %s', (_name, pair) => {
    const { value } = signStatement(STATEMENT, pair.privateKey);
    expect(read(value, [trusted('it', pair.publicKey)])).toMatchObject({
      kind: 'statement',
      statement: STATEMENT,
      signers: [{ name: 'it' }],
    });
  });

  test('counts one key once, also under two names', () => {
    const { value } = signStatement(STATEMENT, alice.privateKey);
    const again = parsePublicKey(alice.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const keys = [trusted('alice', alice.publicKey), trusted('again', again)];
    expect(read(value, keys)).toMatchObject({ signers: [{ name: 'alice' }] });
  });

  test('is untrusted with another key', () => {
    const { value } = signStatement(STATEMENT, bob.privateKey);
    expect(read(value)).toMatchObject({ kind: 'fault', code: 'untrusted' });
  });

  test('counts for nothing after any change of its text', () => {
    const { value } = signStatement(STATEMENT, alice.privateKey);
    const positions = fc.integer({ min: 0, max: value.length - 1 });
    fc.assert(
      fc.property(positions, fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        const changed = value.slice(0, at) + character + value.slice(at + 1);
        const reading = read(changed);
        // A changed keyid is only another hint.
        if (reading?.kind === 'statement') expect(reading.statement).toEqual(STATEMENT);
        else expect(reading?.kind).toBe('fault');
      }),
    );
  });

  test('is a fault, whatever text a tag holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(read(text)?.kind).toBe('fault');
      }),
    );
  });
});

test.each(['2026-02-30T00:00:00Z', '2026-02-28T24:00:00Z'])(
  'no statement is of %s, which is no time',
  (at) => {
    expect(() => signStatement({ ...STATEMENT, at }, alice.privateKey)).toThrow('is no time');
  },
);

describe('the tags of a version', () => {
  const keys = [trusted('alice', alice.publicKey), trusted('bob', bob.publicKey)];
  const { key, value } = signStatement(STATEMENT, alice.privateKey);
  const { privateKey: stranger } = generateKeyPairSync('ed25519');
  /** A tag that nobody trusts, and that must be verified to know it. */
  const forged = (name: number) => {
    const { value } = signStatement({ ...STATEMENT, reason: `${name}` }, stranger);
    return [`statement.${String(name).padStart(4, '0')}`, value];
  };

  test('have one tag for each key that signs the same words, and both keys are read as one statement', () => {
    const other = signStatement(STATEMENT, bob.privateKey);
    expect(other.key).not.toBe(key);
    const read = readStatements({ [key]: value, [other.key]: other.value }, keys);
    expect(read).toMatchObject([{ kind: 'statement', signers: [{ name: expect.anything() }, {}] }]);
  });

  test('give each statement once and hide none, whatever else somebody without a key writes', () => {
    const junk = fc.array(
      fc.tuple(fc.string(), fc.oneof(fc.string(), fc.json(), fc.constant(value), fc.constant(`${value} `))),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(junk, fc.integer({ min: 0, max: 99 }), (texts, forgeries) => {
        const tags = Object.fromEntries([
          ...texts.map(([name, text]) => [`statement.${name}`, text]),
          ...Array.from({ length: forgeries }, (_, name) => forged(name)),
          ['statement.\uffff', value],
        ]);
        const { statements, unread } = readTags(tags, keys);
        expect(unread).toBe(0);
        expect(statements.filter(({ kind }) => kind === 'statement')).toMatchObject([
          { statement: STATEMENT },
        ]);
        expect(statements.length).toBeLessThanOrEqual(51);
      }),
      { numRuns: 20 },
    );
  });

  test('are told if they are too many to be verified', () => {
    const tags = Object.fromEntries([
      ...Array.from({ length: 150 }, (_, name) => forged(name)),
      ['statement.f', value],
    ]);
    const { statements, unread } = readTags(tags, keys);
    // Each of the 150 takes two verifications, and the statement takes one of 200.
    expect(unread).toBe(51);
    expect(statements.some(({ kind }) => kind === 'statement')).toBe(true);
  });
});

describe('a public key', () => {
  test('of another algorithm is refused', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(() => parsePublicKey(pem)).toThrow('another algorithm');
  });

  test('is refused if it is a private key', () => {
    const pem = alice.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => parsePublicKey(pem)).toThrow('private key');
  });
});
