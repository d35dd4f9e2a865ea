import type { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../../../services/shared/clock.ts';
import { NotAllowedError } from './not-allowed-error.ts';

type Credentials = ConstructorParameters<typeof SignatureV4>[0]['credentials'];

/** Amazon Managed Service for Prometheus. */
const SERVICE = 'aps';

export interface AwsRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs requests with AWS Signature Version 4. The SDK is loaded at the first request, because few installations need it. */
export class AwsSigner {
  readonly #clock: Clock;
  readonly #credentials: () => Promise<Credentials>;
  readonly #signers = new Map<string, Promise<SignatureV4>>();

  /** @param credentials default: the chain of the SDK, for example the IAM role of the operator's ServiceAccount */
  constructor(clock: Clock, credentials: () => Promise<Credentials> = defaultChain) {
    this.#clock = clock;
    this.#credentials = credentials;
  }

  /**
   * The headers of a POST request, with its signature.
   * @throws NotAllowedError `CredentialsMissing` if there are no AWS credentials
   */
  async sign(region: string, { url, headers, body }: AwsRequest): Promise<Readonly<Record<string, string>>> {
    try {
      const signer = await this.#signer(region);
      const { protocol, hostname, port, host, pathname: path } = url;
      const request = { method: 'POST', protocol, hostname, path, headers: { host, ...headers }, body };
      const numbered = port === '' ? request : { ...request, port: Number(port) };
      // AWS refuses a signature that is more than five minutes off. This clock follows the API server.
      const signed = await signer.sign(numbered, { signingDate: new Date(this.#clock.now()) });
      return signed.headers;
    } catch (error) {
      const message =
        'no AWS credentials were found for sigv4; give the ServiceAccount of the operator an IAM role';
      throw new NotAllowedError(message, 'CredentialsMissing', { cause: error });
    }
  }

  #signer(region: string): Promise<SignatureV4> {
    const known = this.#signers.get(region) ?? this.#create(region);
    this.#signers.set(region, known);
    known.catch(() => this.#signers.delete(region));
    return known;
  }

  async #create(region: string): Promise<SignatureV4> {
    const [{ SignatureV4 }, { Hash }] = await Promise.all([
      import('@smithy/signature-v4'),
      import('@smithy/hash-node'),
    ]);
    const sha256 = class extends Hash {
      constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
        super('sha256', secret);
      }
    };
    return new SignatureV4({ service: SERVICE, region, credentials: await this.#credentials(), sha256 });
  }
}

async function defaultChain(): Promise<Credentials> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider();
}
