import { createHash } from 'node:crypto';
import { WAKE_CONFIG_MAP } from '../../../services/shared/agreements/kubernetes-names.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { Reflector, type ReflectorOptions } from '../../../services/shared/kubernetes/reflector.ts';

const TOKEN_LENGTH = 16;

interface ConfigMap extends KubernetesObject {
  /** Name of a ModelDeployment to its last token. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface WakeTokensOptions extends Pick<ReflectorOptions<ConfigMap>, 'clock' | 'logger'> {
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** Called with the name of each ModelDeployment whose token changed. Must not block. */
  readonly onWake: (name: string) => void;
}

/**
 * The tokens by which the webhook of any replica makes the leader read an alias at once. They are in a ConfigMap, because a
 * write into a ModelDeployment would compete with the writes of its status. A lost token does no harm: aliases are polled.
 */
export class WakeTokens {
  /** Nothing waits for its first list, because the Role of an earlier release does not allow it. */
  readonly reflector: Reflector<ConfigMap>;
  readonly #options: WakeTokensOptions;
  readonly #path: string;
  #tokens: Readonly<Record<string, string>> = {};

  constructor(options: WakeTokensOptions) {
    const { client, namespace, clock, logger } = options;
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    this.#options = options;
    this.#path = `${path}/${WAKE_CONFIG_MAP}`;
    this.reflector = new Reflector({
      client,
      path,
      fieldSelector: `metadata.name=${WAKE_CONFIG_MAP}`,
      clock,
      logger,
      onChange: ({ type, object }) => this.#replace(type === 'deleted' ? {} : (object.data ?? {})),
    });
  }

  /** Names with a token. */
  get names(): readonly string[] {
    return Object.keys(this.#tokens);
  }

  get(name: string): string | undefined {
    return this.#tokens[name];
  }

  /** Another id makes another token. */
  async set(name: string, deliveryId: string): Promise<void> {
    const token = createHash('sha256').update(deliveryId).digest('hex').slice(0, TOKEN_LENGTH);
    await this.#options.client.merge(this.#path, { data: { [name]: token } });
  }

  /** Removes the token of a ModelDeployment that is gone, so that the ConfigMap does not grow. */
  async remove(name: string): Promise<void> {
    if (this.#tokens[name] === undefined) return;
    try {
      await this.#options.client.merge(this.#path, { data: { [name]: null } });
    } catch (error) {
      this.#options.logger.warn(
        { error, name },
        'the wake token of a deleted ModelDeployment was not removed',
      );
    }
  }

  #replace(tokens: Readonly<Record<string, string>>): void {
    const before = this.#tokens;
    this.#tokens = tokens;
    for (const [name, token] of Object.entries(tokens)) {
      if (before[name] !== token) this.#options.onWake(name);
    }
  }
}
