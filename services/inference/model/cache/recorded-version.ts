import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, ModelVersion } from '../../../shared/mlflow/model-registry.ts';
import type { ArtifactSource } from '../model-artifact.ts';
import { HASHED_BYTES, type Manifest, sha256 } from './manifest.ts';

/** Where a version is written while it is downloaded. */
export interface Staging {
  readonly folder: string;
  /** Makes room for so many bytes. False if there is none. */
  readonly reserve: (bytes: number) => Promise<boolean>;
  /** Called once, when the version cannot be stored. The download goes on. */
  readonly onFailure: (error: unknown) => void;
}

/** Asks the registry, and writes each file to the disk as it arrives. A disk that fails or is full ends only the writing. */
export class RecordedVersion implements ArtifactSource {
  readonly #registry: ArtifactSource;
  readonly #staging: Staging;
  readonly #listings = new Map<string | undefined, readonly Artifact[]>();
  readonly #files = new Map<string, Manifest['files'][number]>();
  #version: ModelVersion | undefined;
  #failed = false;

  constructor(registry: ArtifactSource, staging: Staging) {
    this.#registry = registry;
    this.#staging = staging;
  }

  async getVersion(name: string, version: string, signal?: AbortSignal): Promise<ModelVersion> {
    this.#version = await this.#registry.getVersion(name, version, signal);
    return this.#version;
  }

  async listArtifacts(
    name: string,
    version: string,
    signal?: AbortSignal,
    directory?: string,
  ): Promise<readonly Artifact[]> {
    const listing = await this.#registry.listArtifacts(name, version, signal, directory);
    this.#listings.set(directory, listing);
    return listing;
  }

  async downloadArtifact(
    name: string,
    version: string,
    path: string,
    limitBytes: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const content = await this.#registry.downloadArtifact(name, version, path, limitBytes, signal);
    if (!this.#failed && !this.#files.has(path)) await this.#write(path, content);
    return content;
  }

  /** Undefined if not every file could be written. */
  manifest(digest: string): Manifest | undefined {
    if (this.#failed || this.#version === undefined) return undefined;
    const { name, version, runId, tags } = this.#version;
    return {
      format: 1,
      digest,
      name,
      version,
      runId,
      ...(tags.digest === undefined ? {} : { tag: tags.digest }),
      listings: [...this.#listings].map(([directory, files]) => ({
        ...(directory === undefined ? {} : { directory }),
        files: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
      })),
      files: [...this.#files.values()],
    };
  }

  async #write(path: string, content: Uint8Array): Promise<void> {
    const index = this.#files.size;
    const hashed = content.length <= HASHED_BYTES ? { sha256: sha256(content) } : {};
    this.#files.set(path, { path, sizeBytes: content.length, ...hashed });
    try {
      if (!(await this.#staging.reserve(content.length))) throw new Error('there is no room for it');
      await writeFile(join(this.#staging.folder, String(index)), content);
    } catch (error) {
      this.#failed = true;
      this.#staging.onFailure(error);
    }
  }
}
