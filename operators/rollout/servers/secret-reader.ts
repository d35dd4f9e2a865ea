import type { Clock } from '../../../services/shared/clock.ts';
import {
  CREDENTIAL_KEYS,
  type CredentialValues,
} from '../../../services/shared/credentials/credential-values.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { NotAllowedError } from './not-allowed-error.ts';

/** A rotated Secret is used after this time. */
const REFRESH_MILLISECONDS = 60_000;
/** A Secret that could not be read is read again after this time, however many ModelDeployments name it. */
const RETRY_MILLISECONDS = 5_000;

interface Secret extends KubernetesObject {
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
}

interface Entry {
  readonly freshUntil: number;
  readonly values: Promise<CredentialValues>;
}

/** Reads Secrets of the namespace by name, so that no right to list Secrets is needed. */
export class SecretReader {
  readonly #client: Pick<KubernetesClient, 'get'>;
  readonly #namespace: string;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(client: Pick<KubernetesClient, 'get'>, namespace: string, clock: Clock) {
    this.#client = client;
    this.#namespace = namespace;
    this.#clock = clock;
  }

  /** @throws NotAllowedError `CredentialsMissing` if the Secret does not exist, or may not be read */
  read(name: string): Promise<CredentialValues> {
    const now = this.#clock.monotonic();
    for (const [key, { freshUntil }] of this.#entries) if (now >= freshUntil) this.#entries.delete(key);
    const known = this.#entries.get(name);
    if (known !== undefined) return known.values;
    const entry = { values: this.#get(name), freshUntil: now + REFRESH_MILLISECONDS };
    this.#entries.set(name, entry);
    entry.values.catch(() => {
      entry.freshUntil = this.#clock.monotonic() + RETRY_MILLISECONDS;
    });
    return entry.values;
  }

  async #get(name: string): Promise<CredentialValues> {
    try {
      const path = `/api/v1/namespaces/${this.#namespace}/secrets/${name}`;
      const { data = {} } = await this.#client.get<Secret>(path);
      const known = CREDENTIAL_KEYS.flatMap((key) => {
        const value = data[key];
        return value === undefined ? [] : [[key, Buffer.from(value, 'base64').toString()]];
      });
      return Object.fromEntries(known);
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      throw new NotAllowedError(messageOf(name, error), 'CredentialsMissing', { cause: error });
    }
  }
}

function messageOf(name: string, { status, reason }: KubernetesError): string {
  switch (status) {
    case 403:
      return `the operator may not read the Secret ${name}; add its name to the Role rollout`;
    case 404:
      return `the Secret ${name} does not exist; create it in the namespace of the ModelDeployment`;
    default:
      return `the Secret ${name} cannot be read now: the API server answered ${reason}`;
  }
}
