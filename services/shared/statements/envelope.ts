import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/**
 * DSSE, the Dead Simple Signing Envelope, as secure-systems-lab/dsse specifies version 1: a payload, its type, and
 * signatures over both. The operator, the inference service and scripts/promote use it. jobs/training has it in Python.
 */

/** Longest envelope that is read, in characters. MLflow stores no longer value of a tag. */
export const ENVELOPE_CHARACTERS = 5_000;

const SIGNATURES = 8;

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

export const envelopeSchema = z.strictObject({
  payloadType: z.string().min(1).max(200),
  payload: base64,
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200).optional(), sig: base64 }))
    .min(1)
    .max(SIGNATURES),
});

export type Envelope = z.output<typeof envelopeSchema>;

/** A public key and the name under which it is trusted. */
export interface TrustedKey {
  readonly name: string;
  /** `keyIdOf` the key. */
  readonly id: string;
  readonly key: KeyObject;
}

/** The text is no envelope, or its type is another. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
}

/**
 * Hex SHA-256 of the key's SubjectPublicKeyInfo in DER, with an uncompressed point. The same key has one id, whatever file
 * it came from, and however the file writes the point.
 */
export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const isEc = publicKey.asymmetricKeyType === 'ec';
  const plain = isEc
    ? createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' })
    : publicKey;
  return createHash('sha256')
    .update(plain.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/**
 * Reads a public key in PEM: ECDSA with P-256 or P-384, or Ed25519.
 * @throws EnvelopeError that says what is wrong with the key
 */
export function parsePublicKey(pem: string): KeyObject {
  if (/PRIVATE KEY-----/.test(pem))
    throw new EnvelopeError('holds a private key; store the public key alone');
  // Node reads the first block alone, and takes the key of a certificate without asking whether it has expired.
  const blocks = pem.match(/-----BEGIN /g)?.length ?? 0;
  if (blocks > 1) throw new EnvelopeError(`holds ${blocks} blocks of PEM; store each key by itself`);
  if (/CERTIFICATE-----/.test(pem))
    throw new EnvelopeError('holds a certificate; store its public key alone');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new EnvelopeError('is no public key in PEM');
  }
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  if (key.asymmetricKeyType === 'ed25519' || curve === 'prime256v1' || curve === 'secp384r1') return key;
  throw new EnvelopeError('has another algorithm than ECDSA P-256, ECDSA P-384 and Ed25519');
}

/**
 * Signs the payload.
 * @param key private key, as `parsePublicKey` takes its public half
 */
export function signEnvelope(payloadType: string, payload: Uint8Array, key: KeyObject): Envelope {
  const signature = sign(hashOf(key), preAuthenticationEncoding(payloadType, payload), key);
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: keyIdOf(key), sig: signature.toString('base64') }],
  };
}

/**
 * Reads an envelope of the given type.
 * @throws EnvelopeError
 */
export function parseEnvelope(text: string, payloadType: string): Envelope {
  if (text.length > ENVELOPE_CHARACTERS) {
    throw new EnvelopeError(`has ${text.length} characters, and at most ${ENVELOPE_CHARACTERS} are read`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EnvelopeError('is not JSON');
  }
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) {
    const [issue] = envelope.error.issues;
    throw new EnvelopeError(`is no DSSE envelope: ${issue?.path.join('.') || 'envelope'}: ${issue?.message}`);
  }
  if (envelope.data.payloadType === payloadType) return envelope.data;
  throw new EnvelopeError(`has another payload type than ${payloadType}`);
}

/** The trusted keys that signed the envelope, each once. */
export function signersOf(envelope: Envelope, keys: readonly TrustedKey[]): readonly TrustedKey[] {
  const bytes = preAuthenticationEncoding(envelope.payloadType, payloadOf(envelope));
  const signers = envelope.signatures.flatMap(({ sig, keyid }) => {
    const signature = Buffer.from(sig, 'base64');
    return keysOf(keyid, keys).filter(({ key }) => verify(hashOf(key), bytes, key, signature));
  });
  const ids = new Set(signers.map(({ id }) => id));
  return keys.filter(({ id }) => ids.delete(id));
}

/**
 * The first trusted key that signed the envelope. Every key is tried, whatever `keyid` says, and outside of the event loop:
 * a payload may be long.
 */
export async function signerOf(
  envelope: Envelope,
  keys: readonly TrustedKey[],
): Promise<TrustedKey | undefined> {
  const bytes = preAuthenticationEncoding(envelope.payloadType, payloadOf(envelope));
  const signatures = envelope.signatures.map(({ sig }) => Buffer.from(sig, 'base64'));
  for (const trusted of keys) {
    for (const signature of signatures) if (await verified(bytes, trusted.key, signature)) return trusted;
  }
  return undefined;
}

function verified(bytes: Buffer, key: KeyObject, signature: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    verify(hashOf(key), bytes, key, signature, (error, good) => resolve(error === null && good));
  });
}

/** How many signatures `signersOf` verifies at most. */
export function verificationsOf({ signatures }: Envelope, keys: readonly TrustedKey[]): number {
  return signatures.reduce((sum, { keyid }) => sum + keysOf(keyid, keys).length, 0);
}

/** The keys that may have made a signature. Other implementations have another `keyid`, or none: then every key may. */
function keysOf(keyid: string | undefined, keys: readonly TrustedKey[]): readonly TrustedKey[] {
  const named = keys.filter(({ id }) => id === keyid);
  return named.length > 0 ? named : keys;
}

export function payloadOf({ payload }: Envelope): Buffer {
  return Buffer.from(payload, 'base64');
}

/** What is signed: type and payload, each behind its length in bytes. */
function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  const head = `DSSEv1 ${type.length} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Ed25519 hashes by itself. */
function hashOf(key: KeyObject): string | null {
  if (key.asymmetricKeyType === 'ed25519') return null;
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
}
