import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { AliasReading } from '../decision/rollout.ts';
import { NotAllowedError } from '../servers/not-allowed-error.ts';
import type { MlflowServer, MlflowServers } from './mlflow-servers.ts';

/** The tags of a version, or why they are unknown. */
export type TagsReading =
  | { readonly kind: 'read'; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'unreachable' | 'refused'; readonly message: string };

/** The calls of a model registry that the operator needs. */
export interface Registry {
  /** Throws neither a RegistryError nor a NotAllowedError, because both are readings. */
  readAlias(server: MlflowServer, model: string, alias: string): Promise<AliasReading>;
  /** Throws neither a RegistryError nor a NotAllowedError. */
  readTags(server: MlflowServer, model: string, version: string): Promise<TagsReading>;
  /** @throws RegistryError, NotAllowedError */
  setTag(server: MlflowServer, model: string, version: string, key: string, value: string): Promise<void>;
}

/** The registries of all MLflow servers in use. */
export class MlflowRegistry implements Registry {
  readonly #servers: MlflowServers;

  constructor(servers: MlflowServers) {
    this.#servers = servers;
  }

  async readAlias(server: MlflowServer, model: string, alias: string): Promise<AliasReading> {
    try {
      const target = await (await this.#at(server)).readAlias(model, alias);
      return target === undefined ? { kind: 'absent' } : { kind: 'version', ...target };
    } catch (error) {
      if (error instanceof NotAllowedError) {
        return { kind: 'notAllowed', message: error.message, reason: error.reason };
      }
      if (!(error instanceof RegistryError)) throw error;
      const kind = error.kind === 'unreachable' ? 'unreachable' : 'refused';
      return { kind, message: error.message };
    }
  }

  async readTags(server: MlflowServer, model: string, version: string): Promise<TagsReading> {
    try {
      const { tags } = await (await this.#at(server)).getVersion(model, version);
      return { kind: 'read', tags };
    } catch (error) {
      if (error instanceof NotAllowedError) return { kind: 'refused', message: error.message };
      if (!(error instanceof RegistryError)) throw error;
      return { kind: error.kind === 'unreachable' ? 'unreachable' : 'refused', message: error.message };
    }
  }

  async setTag(
    server: MlflowServer,
    model: string,
    version: string,
    key: string,
    value: string,
  ): Promise<void> {
    await (await this.#at(server)).setVersionTag(model, version, key, value);
  }

  async #at(server: MlflowServer): Promise<ModelRegistry> {
    return new ModelRegistry(await this.#servers.connection(server));
  }
}
