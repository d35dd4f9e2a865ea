import { Readable } from 'node:stream';
import { request } from 'undici';
import type { CredentialsReference } from '../../../services/shared/model-deployment/credentials.ts';
import type { AwsSigner } from './aws-signer.ts';
import type { ServerCredentials } from './server-credentials.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };

/** Makes functions that post forms with credentials, to be used in place of `fetch`. They follow no redirect. */
export class AuthorisedPost {
  readonly #credentials: Pick<ServerCredentials, 'of'>;
  readonly #signer: AwsSigner;

  constructor(credentials: Pick<ServerCredentials, 'of'>, signer: AwsSigner) {
    this.#credentials = credentials;
    this.#signer = signer;
  }

  /** @throws NotAllowedError `CredentialsMissing` */
  async of(reference: CredentialsReference | undefined): Promise<typeof fetch> {
    if (reference === undefined) return fetch;
    const { headers, dispatcher } = await this.#credentials.of(reference);
    return async (address, init) => {
      const url = new URL(String(address));
      const body = String(init?.body);
      const plain = { ...FORM, ...headers };
      const { type, region = '' } = reference;
      const response = await request(url, {
        method: 'POST',
        headers: type === 'sigv4' ? await this.#signer.sign(region, { url, headers: plain, body }) : plain,
        body,
        ...(init?.signal ? { signal: init.signal } : {}),
        ...(dispatcher === undefined ? {} : { dispatcher }),
      });
      const content = Readable.toWeb(response.body) as ReadableStream<Uint8Array>;
      return new Response(content, { status: response.statusCode });
    };
  }
}
