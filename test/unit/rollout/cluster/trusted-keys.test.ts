import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { TrustedKeys } from '../../../../operators/rollout/cluster/trusted-keys.ts';
import type { KubernetesClient } from '../../../../services/shared/kubernetes/kubernetes-client.ts';
import { KubernetesError } from '../../../../services/shared/kubernetes/kubernetes-error.ts';
import { signingPerson } from '../../../support/signing-person.ts';

const alice = signingPerson('alice');
const bob = signingPerson('bob', 'ed25519');

/** Keys from an API server that answers so. */
function keysFrom(answer: () => Promise<object>): TrustedKeys {
  const get = (async (path: string) => {
    expect(path).toBe('/api/v1/namespaces/loans/configmaps/promotion-keys');
    return answer();
  }) as KubernetesClient['get'];
  return new TrustedKeys({ get }, 'loans');
}

const read = (data?: object) => keysFrom(async () => ({ data })).read('promotion-keys');

test('each entry NAME.pem is a key, and other entries are none', async () => {
  const reading = await read({ 'bob.pem': bob.pem, 'alice.pem': alice.pem, 'README.md': 'who is who' });
  expect(reading).toEqual({ kind: 'read', keys: [alice.key, bob.key].map(named), faults: [] });
});

/** A KeyObject equals another of the same key only by its export. */
function named({ name, id }: typeof alice.key) {
  return expect.objectContaining({ name, id });
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;

test.each([
  ['a private key', secret, 'holds a private key'],
  ['an RSA key', rsa.export({ type: 'spki', format: 'pem' }).toString(), 'has another algorithm'],
  ['no key', 'hello', 'is no public key in PEM'],
  ['two keys', `${bob.pem}${alice.pem}`, 'holds 2 blocks of PEM; store each key by itself'],
  ['a text without end', 'x'.repeat(2_001), 'has more than 2000 characters'],
])('%s is named, and the other keys count', async (_what, text, message) => {
  const reading = await read({ 'alice.pem': alice.pem, 'broken.pem': text });
  expect(reading).toMatchObject({ kind: 'read', keys: [{ name: 'alice' }] });
  expect(reading.kind === 'read' && reading.faults.join()).toContain(
    `entry broken.pem of ConfigMap promotion-keys ${message}`,
  );
  expect(JSON.stringify(reading)).not.toContain('MIG');
});

test('an entry that is spelled .PEM is named', async () => {
  const reading = await read({ 'alice.pem': alice.pem, 'BOB.PEM': bob.pem });
  expect(reading).toMatchObject({ kind: 'read', keys: [{ name: 'alice' }] });
  expect(reading.kind === 'read' && reading.faults.join()).toContain(
    'entry BOB.PEM of ConfigMap promotion-keys is not called NAME.pem',
  );
});

test('a key that two files write in different ways is one key', async () => {
  const reading = await read({
    'alice.pem': alice.pem,
    'ada.pem': compressed(alice.pem),
    'bob.pem': bob.pem,
  });
  expect(reading).toMatchObject({ kind: 'read', keys: [{ name: 'bob' }] });
  expect(reading.kind === 'read' && reading.faults.join()).toContain(
    'the entries ada, alice of ConfigMap promotion-keys are one key, so none of them counts',
  );
});

/** A public key of P-256 that says only which of the two points with its x it is. */
function compressed(pem: string): string {
  const { x = '', y = '' } = createPublicKey(pem).export({ format: 'jwk' });
  const parity = 2 + ((Buffer.from(y, 'base64url').at(-1) ?? 0) % 2);
  const head = '3039301306072a8648ce3d020106082a8648ce3d030107032200';
  const der = Buffer.concat([Buffer.from(head, 'hex'), Buffer.from([parity]), Buffer.from(x, 'base64url')]);
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
}

test('a key with two names counts under neither of them', async () => {
  const reading = await read({ 'alice.pem': alice.pem, 'training.pem': alice.pem, 'bob.pem': bob.pem });
  expect(reading).toMatchObject({ kind: 'read', keys: [{ name: 'bob' }] });
  expect(reading.kind === 'read' && reading.faults.join()).toContain('alice, training');
});

test.each([
  ['has no data', undefined, 'it has no entry NAME.pem'],
  ['has broken keys alone', { 'a.pem': 'x' }, 'entry a.pem of ConfigMap promotion-keys is no public key'],
])('nobody is trusted if the ConfigMap %s', async (_what, data, message) => {
  expect(await read(data)).toEqual({ kind: 'unreadable', message: expect.stringContaining(message) });
});

test.each([
  [403, 'Forbidden', 'may not read the ConfigMap promotion-keys'],
  [404, 'NotFound', 'the ConfigMap promotion-keys does not exist'],
  [503, 'ServiceUnavailable', 'cannot be read now: ServiceUnavailable'],
])('nobody is trusted if the API server answers %i', async (status, reason, message) => {
  const keys = keysFrom(async () => {
    throw new KubernetesError('no', { status, reason });
  });
  const reading = await keys.read('promotion-keys');
  expect(reading).toEqual({ kind: 'unreadable', message: expect.stringContaining(message) });
});

test('nobody is trusted if the API server does not answer', async () => {
  const keys = keysFrom(() => Promise.reject(new TypeError('fetch failed')));
  expect((await keys.read('promotion-keys')).kind).toBe('unreadable');
});
