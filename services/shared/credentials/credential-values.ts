import { X509Certificate } from 'node:crypto';

/** Keys of a Secret with credentials, and names of the files in a directory that mounts the Secret. */
export const CREDENTIAL_KEYS = ['token', 'username', 'password', 'ca.crt'] as const;

type CredentialKey = (typeof CREDENTIAL_KEYS)[number];

export type CredentialValues = Readonly<Partial<Record<CredentialKey, string>>>;

/** A value is missing or unusable. The message names its key, and never the value. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/**
 * The header Authorization.
 * @throws CredentialsError
 */
export function authorizationHeader(type: 'bearer' | 'basic', values: CredentialValues): string {
  if (type === 'bearer') return `Bearer ${usableValue(values, 'token', /^[\x21-\x7e]+$/)}`;
  const username = usableValue(values, 'username', /^[^:\p{Cc}]+$/u);
  const password = usableValue(values, 'password', /^[^\p{Cc}]+$/u);
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/**
 * The certificates of a private CA in PEM. Undefined if there are none.
 * @throws CredentialsError
 */
export function certificateAuthority(values: CredentialValues): string | undefined {
  const pem = values['ca.crt'];
  if (pem === undefined) return undefined;
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new CredentialsError('the key ca.crt has no certificate in PEM');
  }
}

/** The value of a key, without the newline that an editor or `echo` leaves at its end. */
function usableValue(values: CredentialValues, key: CredentialKey, pattern: RegExp): string {
  const value = values[key]?.replace(/\r?\n$/, '');
  if (value === undefined) throw new CredentialsError(`the key ${key} is missing`);
  if (!pattern.test(value)) throw new CredentialsError(`the key ${key} has no usable value`);
  return value;
}
