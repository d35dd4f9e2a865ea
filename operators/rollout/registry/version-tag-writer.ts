import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { versionTags } from '../decision/version-tags.ts';
import { NotAllowedError } from '../servers/not-allowed-error.ts';
import type { Registry } from './registry.ts';

/**
 * Writes the tags of a model's versions to MLflow when they change. Only memory holds the written values. So after a
 * restart the tags of the present status are written once more.
 */
export class VersionTagWriter {
  readonly #registry: Registry;
  /** Name of a ModelDeployment to the written values, by `version key`. */
  readonly #written = new Map<string, Map<string, string>>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** During an outage of MLflow the remaining tags wait for the next reconcile. So they do if no call is allowed. */
  async write({ metadata, spec, status = {} }: ModelDeployment, next: ModelDeploymentStatus): Promise<void> {
    const { name, namespace = '' } = metadata;
    const written = this.#written.get(name) ?? new Map<string, string>();
    this.#written.set(name, written);
    for (const { version, tags } of versionTags(namespace, name, status, next)) {
      for (const [key, value] of Object.entries(tags)) {
        if (written.get(`${version} ${key}`) === value) continue;
        try {
          await this.#registry.setTag(spec.registry, spec.model, version, key, value);
        } catch (error) {
          if (error instanceof NotAllowedError) return;
          if (!(error instanceof RegistryError)) throw error;
          // MLflow refuses a tag for good, for example if the version was deleted.
          if (error.kind === 'unreachable') return;
        }
        written.set(`${version} ${key}`, value);
      }
    }
  }

  forget(name: string): void {
    this.#written.delete(name);
  }
}
