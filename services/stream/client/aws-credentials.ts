import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Clock } from '../../shared/clock.ts';

type AwsCredentialIdentity = Awaited<ReturnType<ReturnType<typeof defaultProvider>>>;

/** Credentials are read anew when they have less than this left. */
const REFRESH_MILLISECONDS = 5 * 60_000;
/** A refusal makes the credentials be read anew at most this often. */
const REREAD_MILLISECONDS = 1_000;

/** Names of the errors by which AWS refuses credentials that may have been replaced. */
const REFUSALS: ReadonlySet<string> = new Set([
  'ExpiredTokenException',
  'ExpiredToken',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
]);

export interface AwsCredentialsOptions {
  readonly clock: Clock;
  /** @default the SDK's default chain, which reads files anew at each call */
  readonly read?: () => Promise<AwsCredentialIdentity>;
}

/**
 * The credentials of this process, for all its clients. The SDK keeps credentials without an expiry for ever. But another
 * process may replace them in a shared file. So a refusal by AWS makes them be read anew.
 */
export class AwsCredentials {
  readonly #clock: Clock;
  readonly #read: () => Promise<AwsCredentialIdentity>;
  #current: AwsCredentialIdentity | undefined;
  #reading: Promise<AwsCredentialIdentity> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor({ clock, read }: AwsCredentialsOptions) {
    this.#clock = clock;
    this.#read = read ?? (() => defaultProvider({ ignoreCache: true })({}));
  }

  /** Resolves with the credentials. Rejects as the SDK's chain does if there are none. */
  async get(): Promise<AwsCredentialIdentity> {
    const current = this.#current;
    if (current === undefined) return this.#refresh();
    const left = (current.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - this.#clock.now();
    if (left >= REFRESH_MILLISECONDS || !this.#mayRead()) return current;
    // These are still valid, or AWS says that they are not. A failure to read others is not yet a failure of the call.
    return this.#refresh().catch(() => current);
  }

  /** A provider for the clients of the SDK. The mark keeps the SDK from remembering what the provider gives. */
  get provider(): (() => Promise<AwsCredentialIdentity>) & { memoized: true } {
    return Object.assign(() => this.get(), { memoized: true } as const);
  }

  /**
   * Runs `call`, and once more if AWS refused the credentials and there are others by now. A missing permission is not
   * such a refusal.
   * @param call rejects with an error that has the name which AWS gave it
   */
  async renewing<Result>(call: () => Promise<Result>): Promise<Result> {
    const used = await this.get();
    try {
      return await call();
    } catch (error) {
      if (!REFUSALS.has((error as Error).name) || !(await this.refused(used))) throw error;
      return call();
    }
  }

  /**
   * Call this if AWS refused `used`.
   * @returns true if there are other credentials by now, so that another try makes sense
   */
  async refused(used: AwsCredentialIdentity | undefined): Promise<boolean> {
    if (this.#current === used && this.#mayRead()) await this.#refresh().catch(() => {});
    return this.#current !== undefined && !isSame(this.#current, used);
  }

  #mayRead(): boolean {
    return this.#reading !== undefined || this.#clock.monotonic() - this.#readAt >= REREAD_MILLISECONDS;
  }

  /** Calls that arrive during a read share it. */
  #refresh(): Promise<AwsCredentialIdentity> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<AwsCredentialIdentity> {
    this.#readAt = this.#clock.monotonic();
    this.#current = await this.#read();
    return this.#current;
  }
}

function isSame(a: AwsCredentialIdentity, b: AwsCredentialIdentity | undefined): boolean {
  return (
    a.accessKeyId === b?.accessKeyId &&
    a.secretAccessKey === b.secretAccessKey &&
    a.sessionToken === b.sessionToken
  );
}
