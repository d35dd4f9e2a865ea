import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { AliasReading } from '../decision/rollout.ts';

/** The calls of a model registry that the operator needs. */
export interface Registry {
  /** Never throws a RegistryError, because an outage is a reading. */
  readAlias(url: string, model: string, alias: string): Promise<AliasReading>;
  /** @throws RegistryError */
  setTag(url: string, model: string, version: string, key: string, value: string): Promise<void>;
}

/** Time-out of one call. A slower registry counts as unreachable. */
const TIMEOUT_MILLISECONDS = 5_000;

/** The registries of all MLflow servers in use, by URL. */
export class MlflowRegistry implements Registry {
  readonly #registries = new Map<string, ModelRegistry>();

  async readAlias(url: string, model: string, alias: string): Promise<AliasReading> {
    try {
      const version = await this.#at(url).resolveAlias(model, alias);
      return version === undefined ? { kind: 'absent' } : { kind: 'version', version };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const kind = error.kind === 'unreachable' ? 'unreachable' : 'refused';
      return { kind, message: error.message };
    }
  }

  setTag(url: string, model: string, version: string, key: string, value: string): Promise<void> {
    return this.#at(url).setVersionTag(model, version, key, value);
  }

  #at(url: string): ModelRegistry {
    const known = this.#registries.get(url);
    if (known) return known;
    const registry = new ModelRegistry({ url, timeoutMilliseconds: TIMEOUT_MILLISECONDS });
    this.#registries.set(url, registry);
    return registry;
  }
}
