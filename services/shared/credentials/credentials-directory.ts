import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authorisation } from './authorisation.ts';
import {
  authorizationHeader,
  CREDENTIAL_KEYS,
  CredentialsError,
  type CredentialValues,
  certificateAuthority,
} from './credential-values.ts';
import { PrivateAuthorities } from './private-authorities.ts';

/**
 * Credentials from the files `token`, or `username` and `password`, and `ca.crt` of a directory. The files are read for
 * each request, because Kubernetes replaces them when the Secret changes.
 */
export class CredentialsDirectory {
  readonly #path: string;
  readonly #authorities = new PrivateAuthorities();

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws CredentialsError */
  authorise(): Authorisation {
    const values = Object.fromEntries(CREDENTIAL_KEYS.map((key) => [key, this.#read(key)]));
    return {
      headers: headersOf(values),
      dispatcher: this.#authorities.connections(certificateAuthority(values)),
    };
  }

  #read(key: string): string | undefined {
    try {
      return readFileSync(join(this.#path, key), 'utf8');
    } catch (error) {
      const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw new CredentialsError(`the file ${key} in ${this.#path} cannot be read: ${code}`);
    }
  }
}

function headersOf(values: CredentialValues): Readonly<Record<string, string>> {
  if (values.token !== undefined) return { authorization: authorizationHeader('bearer', values) };
  if (values.username !== undefined || values.password !== undefined)
    return { authorization: authorizationHeader('basic', values) };
  if (values['ca.crt'] !== undefined) return {};
  throw new CredentialsError('there is neither token nor username, password or ca.crt');
}
