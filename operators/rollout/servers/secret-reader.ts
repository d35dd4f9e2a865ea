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
/** For so long the last known values serve if the Secret cannot be read. Without them no bad candidate is measured. */
const LAST_KNOWN_MILLISECONDS = 24 * 3_600_000;

interface Secret extends KubernetesObject {
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
}

interface Entry {
  freshUntil: number;
  readonly values: Promise<CredentialValues>;
}

/** What a Secret had when it was last read. */
interface Known {
  readonly values: CredentialValues;
  readonly usableUntil: number;
  /** Why the Secret cannot be read now. Undefined if the last read succeeded. */
  readonly trouble?: string;
}

/** Reads Secrets of the namespace by name, so that no right to list Secrets is needed. */
export class SecretReader {
  readonly #client: Pick<KubernetesClient, 'get'>;
  readonly #namespace: string;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #known = new Map<string, Known>();

  constructor(client: Pick<KubernetesClient, 'get'>, namespace: string, clock: Clock) {
    this.#client = client;
    this.#namespace = namespace;
    this.#clock = clock;
  }

  /**
   * The values of the Secret. If it cannot be read, its last known values, for a day.
   * @throws NotAllowedError `CredentialsMissing` if the Secret does not exist, or may not be read
   */
  read(name: string): Promise<CredentialValues> {
    const now = this.#clock.monotonic();
    for (const [key, { freshUntil }] of this.#entries) if (now >= freshUntil) this.#entries.delete(key);
    for (const [key, { usableUntil }] of this.#known) if (now >= usableUntil) this.#known.delete(key);
    const fresh = this.#entries.get(name);
    if (fresh !== undefined) return fresh.values;
    const read = this.#get(name);
    const entry: Entry = {
      freshUntil: now + REFRESH_MILLISECONDS,
      values: read.catch((error) => this.#lastKnown(name, error)),
    };
    this.#entries.set(name, entry);
    read.catch(() => {
      entry.freshUntil = this.#clock.monotonic() + RETRY_MILLISECONDS;
    });
    return entry.values;
  }

  /** Why the last known values of the Secret are used. Undefined if they are not. */
  troubleOf(name: string): string | undefined {
    return this.#known.get(name)?.trouble;
  }

  async #get(name: string): Promise<CredentialValues> {
    try {
      const path = `/api/v1/namespaces/${this.#namespace}/secrets/${name}`;
      const { data = {} } = await this.#client.get<Secret>(path);
      const entries = CREDENTIAL_KEYS.flatMap((key) => {
        const value = data[key];
        return value === undefined ? [] : [[key, Buffer.from(value, 'base64').toString()]];
      });
      const values: CredentialValues = Object.fromEntries(entries);
      this.#known.set(name, { values, usableUntil: this.#clock.monotonic() + LAST_KNOWN_MILLISECONDS });
      return values;
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      throw new NotAllowedError(messageOf(name, error), 'CredentialsMissing', { cause: error });
    }
  }

  /** @throws `error` if it tells nothing about the Secret, or if no value of the Secret is known */
  #lastKnown(name: string, error: unknown): CredentialValues {
    const known = this.#known.get(name);
    if (known === undefined || !(error instanceof NotAllowedError)) throw error;
    const trouble = `${error.message}; the operator uses the last known values for at most 24 h`;
    this.#known.set(name, { ...known, trouble });
    return known.values;
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
