import { KEY_ENTRY_SUFFIX } from '../../../services/shared/agreements/kubernetes-names.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import {
  EnvelopeError,
  keyIdOf,
  parsePublicKey,
  type TrustedKey,
} from '../../../services/shared/statements/envelope.ts';

/** Keys of one ConfigMap that are read. */
const KEYS_READ = 100;
/** Longest public key that is read, in characters. ECDSA P-384 in PEM has some 220. */
const KEY_CHARACTERS = 2_000;

interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The public keys of a ConfigMap, and why some entries are none. `unreadable`: there is no key to trust. */
export type KeysReading =
  | { readonly kind: 'read'; readonly keys: readonly TrustedKey[]; readonly faults: readonly string[] }
  | { readonly kind: 'unreadable'; readonly message: string };

/**
 * Reads ConfigMaps with public keys by name, so that no right to list ConfigMaps is needed. Each read asks the API server,
 * so a key that was taken out counts no longer. Without an answer no key is trusted.
 */
export class TrustedKeys {
  readonly #client: Pick<KubernetesClient, 'get'>;
  readonly #namespace: string;

  constructor(client: Pick<KubernetesClient, 'get'>, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async read(configMap: string): Promise<KeysReading> {
    try {
      const path = `/api/v1/namespaces/${this.#namespace}/configmaps/${configMap}`;
      const { data = {} } = await this.#client.get<ConfigMap>(path);
      return keysOf(configMap, data);
    } catch (error) {
      const known = error instanceof KubernetesError ? error : undefined;
      return { kind: 'unreadable', message: messageOf(configMap, known) };
    }
  }
}

function keysOf(configMap: string, data: Readonly<Record<string, string>>): KeysReading {
  const keys: TrustedKey[] = [];
  const faults: string[] = [];
  const entries = Object.entries(data).filter(([entry]) => entry.endsWith(KEY_ENTRY_SUFFIX));
  for (const [entry, pem] of entries.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, KEYS_READ)) {
    try {
      if (pem.length > KEY_CHARACTERS) throw new EnvelopeError(`has more than ${KEY_CHARACTERS} characters`);
      const key = parsePublicKey(pem);
      keys.push({ name: entry.slice(0, -KEY_ENTRY_SUFFIX.length), id: keyIdOf(key), key });
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      faults.push(`entry ${entry} of ConfigMap ${configMap} ${error.message}`);
    }
  }
  const twice = keys.filter(({ id }) => keys.filter((other) => other.id === id).length > 1);
  // Its names may differ in who they stand for.
  if (twice.length > 0) {
    const names = twice.map(({ name }) => name).join(', ');
    faults.push(`the entries ${names} of ConfigMap ${configMap} are one key, so none of them counts`);
  }
  for (const entry of Object.keys(data)) {
    if (entry.toLowerCase().endsWith(KEY_ENTRY_SUFFIX) && !entry.endsWith(KEY_ENTRY_SUFFIX))
      faults.push(`entry ${entry} of ConfigMap ${configMap} is not called NAME${KEY_ENTRY_SUFFIX}`);
  }
  if (entries.length > KEYS_READ) faults.push(`ConfigMap ${configMap} has more than ${KEYS_READ} keys`);
  const known = keys.filter((key) => !twice.includes(key));
  if (known.length > 0) return { kind: 'read', keys: known, faults };
  const [why = `it has no entry NAME${KEY_ENTRY_SUFFIX}`] = faults;
  const message = `ConfigMap ${configMap} has no public key: ${why}; store the keys of those who may approve`;
  return { kind: 'unreadable', message };
}

function messageOf(name: string, error: KubernetesError | undefined): string {
  switch (error?.status) {
    case 403:
      return `the operator may not read the ConfigMap ${name}; name promotion-keys, or add the name to the Role rollout`;
    case 404:
      return `the ConfigMap ${name} does not exist; create it with the public keys of those who may approve`;
    default:
      return `the ConfigMap ${name} cannot be read now: ${error?.reason ?? 'the API server does not answer'}`;
  }
}
