import type { Authorisation } from '../../../services/shared/credentials/authorisation.ts';
import {
  authorizationHeader,
  CredentialsError,
  certificateAuthority,
} from '../../../services/shared/credentials/credential-values.ts';
import type { PrivateAuthorities } from '../../../services/shared/credentials/private-authorities.ts';
import type { CredentialsReference } from '../../../services/shared/model-deployment/credentials.ts';
import { NotAllowedError } from './not-allowed-error.ts';
import type { SecretReader } from './secret-reader.ts';

const NONE: Authorisation = { headers: {} };

/** Turns the credentials that a spec names into headers and connections. */
export class ServerCredentials {
  readonly #secrets: Pick<SecretReader, 'read'>;
  readonly #authorities: PrivateAuthorities;

  constructor(secrets: Pick<SecretReader, 'read'>, authorities: PrivateAuthorities) {
    this.#secrets = secrets;
    this.#authorities = authorities;
  }

  /**
   * For `sigv4` there are no headers here, because a signature covers the request.
   * @throws NotAllowedError `CredentialsMissing`
   */
  async of(reference: CredentialsReference | undefined): Promise<Authorisation> {
    if (reference?.secret === undefined) return NONE;
    const { type, secret } = reference;
    const values = await this.#secrets.read(secret);
    try {
      const headers: Record<string, string> =
        type === 'bearer' || type === 'basic' ? { authorization: authorizationHeader(type, values) } : {};
      return { headers, dispatcher: this.#authorities.connections(certificateAuthority(values)) };
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      throw new NotAllowedError(`the Secret ${secret} is not usable: ${error.message}`, 'CredentialsMissing');
    }
  }
}
