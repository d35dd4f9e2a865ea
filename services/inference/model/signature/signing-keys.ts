import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  EnvelopeError,
  keyIdOf,
  parsePublicKey,
  type TrustedKey,
} from '../../../shared/statements/envelope.ts';

const KEY_FILE = /^(?!\.)(.{1,200})\.pem$/;
/** Looks like a key file to people, so it is told if it is none. */
const LIKE_KEY_FILE = /^(?!\.).*\.pem$/i;

/** A key takes some 200 bytes. */
const KEY_FILE_BYTES = 10_000;

const KEYS_LIMIT = 50;

/** No key can be trusted, so nothing can be said about a signature. The cause is the installation and not the model. */
export class SigningKeysError extends Error {
  override readonly name = 'SigningKeysError';
}

/** The keys that may sign a model. */
export interface SigningKeys {
  /** Never empty. */
  readonly keys: readonly TrustedKey[];
  /** Why files of the directory hold no key, or are not read. A wrong file does not keep the other keys from counting. */
  readonly faults: readonly string[];
}

/**
 * Reads the public keys `NAME.pem` of a directory, as Kubernetes mounts a ConfigMap.
 * @throws SigningKeysError if there is no usable key
 */
export function readSigningKeys(directory: string): SigningKeys {
  const keys: TrustedKey[] = [];
  const faults: string[] = [];
  const names = namesIn(directory);
  const files = names.filter((name) => KEY_FILE.test(name)).sort();
  for (const file of files.slice(0, KEYS_LIMIT)) {
    try {
      const key = parsePublicKey(readBounded(join(directory, file)));
      keys.push({ name: file.slice(0, -'.pem'.length), id: keyIdOf(key), key });
    } catch (error) {
      faults.push(`${file} ${faultOf(error)}`);
    }
  }
  if (files.length > KEYS_LIMIT) {
    const [first] = files.slice(KEYS_LIMIT);
    faults.unshift(
      `${files.length - KEYS_LIMIT} more files are not read, from ${first} on; at most ${KEYS_LIMIT} are`,
    );
  }
  const others = names.filter((name) => LIKE_KEY_FILE.test(name) && !KEY_FILE.test(name));
  faults.push(...others.map((name) => `${name} is not called NAME.pem`));
  if (keys.length > 0) return { keys, faults };
  const why = faults.length === 0 ? 'it has no file NAME.pem' : faults.join('; ');
  throw new SigningKeysError(
    `${directory} has no public key that may sign a model: ${why}. Store the keys in the ConfigMap that is mounted there`,
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw new SigningKeysError(
      `the public keys in ${directory} cannot be read: ${codeOf(error)}. Mount the ConfigMap with the keys there`,
    );
  }
}

function readBounded(path: string): string {
  const buffer = Buffer.alloc(KEY_FILE_BYTES + 1);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, buffer);
    if (length > KEY_FILE_BYTES) throw new EnvelopeError(`has more than ${KEY_FILE_BYTES} bytes`);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

function faultOf(error: unknown): string {
  return error instanceof EnvelopeError ? error.message : `cannot be read: ${codeOf(error)}`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'an unknown error';
}
