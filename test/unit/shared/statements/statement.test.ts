import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyIdOf, parsePublicKey, type TrustedKey } from '../../../../services/shared/statements/envelope.ts';
import {
  readStatements,
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
