import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { versionTags } from '../decision/version-tags.ts';
import type { Registry } from './registry.ts';

/**
 * Keeps the tags of a model's versions as the status has them. What was written is remembered for this process
 * alone: after a restart the few tags of the present status are written once more.
 */
export class VersionTagWriter {
  readonly #registry: Registry;
  /** ModelDeployment to `version key` to value. */
  readonly #written = new Map<string, Map<string, string>>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** An outage of the registry leaves the rest for the next time. */
  async write({ metadata, spec, status = {} }: ModelDeployment, next: ModelDeploymentStatus): Promise<void> {
    const { name, namespace = '' } = metadata;
    const written = this.#written.get(name) ?? new Map<string, string>();
    this.#written.set(name, written);
    for (const { version, tags } of versionTags(namespace, name, status, next)) {
      for (const [key, value] of Object.entries(tags)) {
        if (written.get(`${version} ${key}`) === value) continue;
        try {
          await this.#registry.setTag(spec.registry.url, spec.model, version, key, value);
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error;
          // A version that was deleted in the registry has no tags to keep.
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
