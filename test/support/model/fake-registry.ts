import { posix } from 'node:path';
import type { Artifact, ModelVersion } from '../../../services/shared/mlflow/model-registry.ts';
import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';

/** A registry in memory. On request it fails as a real registry does. */
export class FakeRegistry {
  readonly aliases = new Map<string, string>();
  readonly versions = new Map<string, { files: Map<string, Uint8Array>; tags: Record<string, string> }>();
  /** While it is set, every call throws this error. */
  outage: Error | undefined;

  add(version: string, files: Map<string, Uint8Array>, tags: Record<string, string> = {}): void {
    this.versions.set(version, { files, tags });
  }

  goDown(): void {
    this.outage = new RegistryError('unreachable', 'MLflow at http://registry is unreachable: ECONNREFUSED');
  }

  comeBack(): void {
    this.outage = undefined;
  }

  async resolveAlias(_name: string, alias: string): Promise<string | undefined> {
    this.#throwIfDown();
    return this.aliases.get(alias);
  }

  async getVersion(name: string, version: string): Promise<ModelVersion> {
    return { name, version, runId: `run-${version}`, tags: this.#find(version).tags };
  }

  async listArtifacts(
    _name: string,
    version: string,
    _signal?: AbortSignal,
    directory = '.',
  ): Promise<readonly Artifact[]> {
    return [...this.#find(version).files]
      .filter(([path]) => posix.dirname(path) === directory)
      .map(([path, content]) => ({ path, sizeBytes: content.length }));
  }

  async downloadArtifact(_name: string, version: string, path: string): Promise<Uint8Array> {
    const file = this.#find(version).files.get(path);
    if (file === undefined) throw new RegistryError('not_found', `no file ${path}`);
    return file;
  }

  #find(version: string) {
    this.#throwIfDown();
    const found = this.versions.get(version);
    if (found === undefined) throw new RegistryError('not_found', `no version ${version}`);
    return found;
  }

  #throwIfDown(): void {
    if (this.outage !== undefined) throw this.outage;
  }
}
