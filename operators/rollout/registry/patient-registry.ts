import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { AliasReading } from '../decision/rollout.ts';
import type { SlowServers } from '../servers/slow-servers.ts';
import type { MlflowServer } from './mlflow-servers.ts';
import type { Registry, TagsReading } from './registry.ts';

/** A registry that does not let each ModelDeployment wait for an MLflow server that hangs. */
export class PatientRegistry implements Registry {
  readonly #registry: Registry;
  readonly #servers: SlowServers;

  constructor(registry: Registry, servers: SlowServers) {
    this.#registry = registry;
    this.#servers = servers;
  }

  readAlias(server: MlflowServer, model: string, alias: string): Promise<AliasReading> {
    return this.#servers.call<AliasReading>({
      server: server.url,
      caller: `${model} ${alias}`,
      run: () => this.#registry.readAlias(server, model, alias),
      failureOf: (answer) => (answer.kind === 'unreachable' ? answer.message : undefined),
      withoutCall: (message) => ({ kind: 'unreachable', message }),
    });
  }

  readTags(server: MlflowServer, model: string, version: string): Promise<TagsReading> {
    return this.#servers.call<TagsReading>({
      server: server.url,
      caller: `${model} ${version} tags`,
      run: () => this.#registry.readTags(server, model, version),
      failureOf: (answer) => (answer.kind === 'unreachable' ? answer.message : undefined),
      withoutCall: (message) => ({ kind: 'unreachable', message }),
    });
  }

  async setTag(
    server: MlflowServer,
    model: string,
    version: string,
    key: string,
    value: string,
  ): Promise<void> {
    const failure = await this.#servers.call<RegistryError | undefined>({
      // A server may answer every read and hang at every write, for example while its database is locked.
      server: `writes of ${server.url}`,
      caller: `${model} ${version} ${key}`,
      run: () =>
        this.#registry.setTag(server, model, version, key, value).then(() => undefined, registryError),
      failureOf: (error) => (error?.kind === 'unreachable' ? error.message : undefined),
      withoutCall: (message) => new RegistryError('unreachable', message),
    });
    if (failure !== undefined) throw failure;
  }
}

function registryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  throw error;
}
