import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, ModelVersion } from '../../../shared/mlflow/model-registry.ts';
import type { ArtifactSource } from '../model-artifact.ts';
import { type Manifest, sha256 } from './manifest.ts';

/** The files on disk are not what was stored, or a file that is needed was never stored. */
export class DamagedEntryError extends Error {
  override readonly name = 'DamagedEntryError';
}

/**
 * Answers from the disk as the registry did when the version was stored. A file whose size or hash has changed is refused.
 * The caller checks the digest over all files again, because a disk is not trusted.
 */
export class StoredVersion implements ArtifactSource {
  readonly #folder: string;
  readonly #manifest: Manifest;

  constructor(folder: string, manifest: Manifest) {
    this.#folder = folder;
    this.#manifest = manifest;
  }

  async getVersion(name: string, version: string): Promise<ModelVersion> {
    const { runId, tag } = this.#of(name, version);
    return { name, version, runId, tags: tag === undefined ? {} : { digest: tag } };
  }

  async listArtifacts(
    name: string,
    version: string,
    _signal?: AbortSignal,
    directory?: string,
  ): Promise<readonly Artifact[]> {
    const listing = this.#of(name, version).listings.find((stored) => stored.directory === directory);
    if (listing === undefined)
      throw new DamagedEntryError(`no listing of ${directory ?? 'the root'} is stored`);
    return listing.files;
  }

  async downloadArtifact(
    name: string,
    version: string,
    path: string,
    limitBytes: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const index = this.#of(name, version).files.findIndex((stored) => stored.path === path);
    const stored = this.#manifest.files[index];
    if (stored === undefined) throw new DamagedEntryError(`${path} is not stored`);
    const file = join(this.#folder, String(index));
    const content = await read(file, Math.min(limitBytes, stored.sizeBytes), signal);
    const changed = stored.sha256 !== undefined && stored.sha256 !== sha256(content);
    if (changed || content.length !== stored.sizeBytes) {
      throw new DamagedEntryError(`${path} on disk is not the file that was stored`);
    }
    return content;
  }

  #of(name: string, version: string): Manifest {
    if (this.#manifest.name === name && this.#manifest.version === version) return this.#manifest;
    throw new DamagedEntryError(`${this.#manifest.name} version ${this.#manifest.version} is stored there`);
  }
}

async function read(file: string, limitBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > limitBytes) throw new DamagedEntryError(`${file} has ${size} bytes instead of ${limitBytes}`);
    return await readFile(file, { signal });
  } catch (error) {
    if (error instanceof DamagedEntryError || signal?.aborted) throw error;
    throw new DamagedEntryError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
