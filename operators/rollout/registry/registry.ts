import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { AliasReading } from '../decision/rollout.ts';
import { NotAllowedError } from '../servers/not-allowed-error.ts';
import type { MlflowServers } from './mlflow-servers.ts';

/** The calls of a model registry that the operator needs. */
export interface Registry {
  /** Throws neither a RegistryError nor a NotAllowedError, because both are readings. */
  readAlias(url: string, model: string, alias: string): Promise<AliasReading>;
  /** @throws RegistryError, NotAllowedError */
  setTag(url: string, model: string, version: string, key: string, value: string): Promise<void>;
}

/** The registries of all MLflow servers in use. */
export class MlflowRegistry implements Registry {
  readonly #servers: MlflowServers;

  constructor(servers: MlflowServers) {
    this.#servers = servers;
  }

  async readAlias(url: string, model: string, alias: string): Promise<AliasReading> {
    try {
      const target = await this.#at(url).readAlias(model, alias);
      return target === undefined ? { kind: 'absent' } : { kind: 'version', ...target };
    } catch (error) {
      if (error instanceof NotAllowedError) return { kind: 'notAllowed', message: error.message };
      if (!(error instanceof RegistryError)) throw error;
      const kind = error.kind === 'unreachable' ? 'unreachable' : 'refused';
      return { kind, message: error.message };
    }
  }

  async setTag(url: string, model: string, version: string, key: string, value: string): Promise<void> {
    await this.#at(url).setVersionTag(model, version, key, value);
  }

  #at(url: string): ModelRegistry {
    return new ModelRegistry(this.#servers.connection(url));
  }
}
