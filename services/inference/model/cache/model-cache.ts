import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../shared/logging.ts';
import type { ArtifactSource } from '../model-artifact.ts';
import { ModelLoadError } from '../model-load-error.ts';
import { encodeManifest, MANIFEST_LIMIT_BYTES, type Manifest, parseManifest, sha256 } from './manifest.ts';
import { RecordedVersion } from './recorded-version.ts';
import { DamagedEntryError, StoredVersion } from './stored-version.ts';

export interface ModelCacheOptions {
  /** May hold files of others. They stay. */
  readonly directory: string;
  /** Name of the registered model. */
  readonly name: string;
  readonly limitBytes: number;
  /** Called after each change of what is stored. */
  readonly onChange?: () => void;
  readonly logger: Logger;
}

/** What an entry is found by. Two versions may have the same files, and each is known by its own number. */
export interface CachedVersion {
  readonly version: string;
  /** `sha256:…` */
  readonly digest: string;
}

interface Entry {
  readonly bytes: number;
  lastUsed: number;
}

const VERSION = /^\d{1,20}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MANIFEST = 'manifest.json';
/** Names that this class gives. No other name in the directory is touched. */
const ENTRY = /^[0-9a-f]{16}-\d{1,20}-sha256-[0-9a-f]{64}$/;
const STAGING = /^part-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SHOWN_NAMES = 5;
/** A file takes whole blocks on the disk. */
const BLOCK_BYTES = 4_096;

/**
 * Files of verified versions on the disk of this pod, so that a version that was loaded or fetched before can be loaded
 * without the registry. An entry is found by the model, the number and the digest of its version. The disk is not trusted: whoever loads
 * checks the digest again, and an entry that fails is removed. The entries never exceed `limitBytes`, because the kubelet
 * evicts a pod that exceeds its limit.
 */
export class ModelCache {
  readonly #options: ModelCacheOptions;
  /** Name of the folder to entry. */
  readonly #entries = new Map<string, Entry>();
  readonly #staged = new Map<string, number>();
  /** Name of each folder that could not be removed, to its size. */
  readonly #leftovers = new Map<string, number>();
  #kept: ReadonlySet<string> = new Set();
  #started: Promise<void> | undefined;
  #clock = 0;

  constructor(options: ModelCacheOptions) {
    this.#options = options;
  }

  /** Names the versions that must not make room for others. */
  keep(versions: readonly CachedVersion[]): void {
    this.#kept = new Set(versions.map((version) => this.#nameOf(version)));
  }

  async has(version: CachedVersion): Promise<boolean> {
    await this.#start();
    return this.#entries.has(this.#nameOf(version));
  }

  /** Whether the version is stored, as far as the directory was read. */
  holds(version: CachedVersion): boolean {
    return this.#entries.has(this.#nameOf(version));
  }

  /**
   * Calls `use` with that version: from the disk, or else from the registry, whose answers are then stored.
   * `use` must verify the digest. It is called again with the registry if what is on the disk does not pass.
   */
  async through<T>(
    { version, digest }: CachedVersion,
    registry: ArtifactSource,
    use: (source: ArtifactSource) => Promise<T>,
  ): Promise<T> {
    // The status may name anything, and a name becomes a folder.
    if (!VERSION.test(version) || !DIGEST.test(digest)) return use(registry);
    await this.#start();
    const name = this.#nameOf({ version, digest });
    const manifest = await this.#manifestOf(name);
    if (manifest !== undefined) {
      try {
        const result = await use(new StoredVersion(this.#folder(name), manifest));
        await this.#touch(name);
        return result;
      } catch (error) {
        if (!isFetchWorthwhile(error)) throw error;
        this.#options.logger.error(
          { error, digest },
          'the version on disk does not pass, and is fetched again',
        );
        if (isDamage(error)) await this.#remove(name);
      }
    }
    return this.#record(name, digest, registry, use);
  }

  async #record<T>(
    name: string,
    digest: string,
    registry: ArtifactSource,
    use: (source: ArtifactSource) => Promise<T>,
  ): Promise<T> {
    const { logger } = this.#options;
    const staging = `part-${randomUUID()}`;
    const folder = this.#folder(staging);
    const onFailure = (error: unknown) =>
      logger.warn({ error, name }, 'the version cannot be kept on disk, so a rollback to it needs MLflow');
    const reserve = (bytes: number) => this.#reserve(folder, blocks(bytes), name);
    const recorded = new RecordedVersion(registry, { folder, reserve, onFailure });
    try {
      await mkdir(folder, { recursive: true }).catch(onFailure);
      const result = await use(recorded);
      await this.#store(name, folder, recorded.manifest(digest)).catch(onFailure);
      return result;
    } finally {
      this.#staged.delete(folder);
      await this.#discard(staging);
    }
  }

  async #store(name: string, folder: string, manifest: Manifest | undefined): Promise<void> {
    if (manifest === undefined) return;
    const text = encodeManifest(manifest);
    const bytes = blocks(Buffer.byteLength(text));
    if (bytes > MANIFEST_LIMIT_BYTES || !(await this.#reserve(folder, bytes, name)))
      throw new Error('there is no room for its manifest');
    await writeFile(join(folder, MANIFEST), text);
    await this.#remove(name);
    // The rename makes the entry whole at once, so a crash leaves either all of it or nothing.
    await rename(folder, this.#folder(name));
    this.#entries.set(name, { bytes: this.#staged.get(folder) ?? 0, lastUsed: ++this.#clock });
    this.#options.logger.info(
      { version: manifest.version, digest: manifest.digest },
      'the version is kept on disk',
    );
    this.#changed();
  }

  /** Makes room by removing the entries that were not used for longest. Those that must be kept stay. */
  async #reserve(folder: string, bytes: number, name: string): Promise<boolean> {
    const present = this.#staged.get(folder) ?? 0;
    this.#staged.set(folder, present + bytes);
    while (this.#usedBytes() > this.#options.limitBytes) {
      const [oldest] = [...this.#entries]
        .filter(([other]) => other !== name && !this.#kept.has(other))
        .sort(([, one], [, other]) => one.lastUsed - other.lastUsed);
      // Files of that version are fetched anew only because the stored files do not pass.
      if (oldest === undefined && this.#entries.has(name)) await this.#remove(name);
      else if (oldest === undefined) {
        this.#staged.set(folder, present);
        return false;
      } else await this.#remove(oldest[0]);
    }
    return true;
  }

  #usedBytes(): number {
    const entries = [...this.#entries.values()].map(({ bytes }) => bytes);
    const sizes = [...entries, ...this.#staged.values(), ...this.#leftovers.values()];
    return sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  async #touch(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry !== undefined) entry.lastUsed = ++this.#clock;
    const now = new Date();
    await utimes(join(this.#folder(name), MANIFEST), now, now).catch(() => {});
  }

  async #remove(name: string): Promise<void> {
    this.#entries.delete(name);
    await this.#discard(name);
    this.#changed();
  }

  /** Removes what this class has written. What cannot be removed still takes room. */
  async #discard(name: string): Promise<void> {
    const folder = this.#folder(name);
    try {
      await rm(folder, { recursive: true, force: true });
      this.#leftovers.delete(name);
    } catch (error) {
      this.#leftovers.set(name, await sizeOf(folder));
      this.#options.logger.warn({ error, folder }, 'files in MODEL_CACHE_DIRECTORY cannot be removed');
    }
  }

  #changed(): void {
    this.#options.onChange?.();
  }

  async #manifestOf(name: string): Promise<Manifest | undefined> {
    if (!this.#entries.has(name)) return undefined;
    const manifest = await readManifest(this.#folder(name));
    if (this.#isOf(manifest, name)) return manifest;
    this.#options.logger.error({ name }, 'the manifest on disk is damaged, and the version is fetched again');
    await this.#remove(name);
    return undefined;
  }

  #folder(name: string): string {
    return join(this.#options.directory, name);
  }

  #start(): Promise<void> {
    this.#started ??= this.#scan();
    return this.#started;
  }

  /** Finds what this pod stored before its container was started again, and removes what it did not finish. */
  async #scan(): Promise<void> {
    const { directory, logger } = this.#options;
    const found: [string, number, number][] = [];
    const foreign: string[] = [];
    try {
      await mkdir(directory, { recursive: true });
      for (const name of await readdir(directory)) {
        if (!ENTRY.test(name) && !STAGING.test(name)) foreign.push(name);
        else {
          const stored = await this.#storedAt(name);
          if (stored === undefined) await this.#discard(name);
          else found.push([name, ...stored]);
        }
      }
    } catch (error) {
      logger.error({ error, directory }, 'MODEL_CACHE_DIRECTORY cannot be used, so a rollback needs MLflow');
    }
    for (const [name, bytes] of found.sort(([, , one], [, , other]) => one - other))
      this.#entries.set(name, { bytes, lastUsed: ++this.#clock });
    if (foreign.length > 0) {
      const names = foreign.slice(0, SHOWN_NAMES);
      const message = 'MODEL_CACHE_DIRECTORY holds files of others, which stay and count towards no limit';
      logger.warn({ directory, names, count: foreign.length }, message);
    }
    this.#changed();
  }

  /** Size and last use of the entry with that name. Undefined if it is not whole. */
  async #storedAt(name: string): Promise<[number, number] | undefined> {
    const manifest = ENTRY.test(name) ? await readManifest(this.#folder(name)) : undefined;
    if (!this.#isOf(manifest, name)) return undefined;
    const { size, mtimeMs } = await stat(join(this.#folder(name), MANIFEST));
    return [manifest.files.reduce((sum, file) => sum + blocks(file.sizeBytes), blocks(size)), mtimeMs];
  }

  #isOf(manifest: Manifest | undefined, name: string): manifest is Manifest {
    return manifest !== undefined && entryName(manifest.name, manifest) === name;
  }

  #nameOf(version: CachedVersion): string {
    return entryName(this.#options.name, version);
  }
}

/** The name of a model may have any characters, and a name becomes a folder. */
function entryName(model: string, { version, digest }: CachedVersion): string {
  const hash = sha256(new TextEncoder().encode(model)).slice(0, 16);
  return `${hash}-${version}-${digest.replace(':', '-')}`;
}

/** The room that the files below a folder take, as far as they can be read. */
async function sizeOf(folder: string): Promise<number> {
  const found = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    found.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => blocks(size),
        () => BLOCK_BYTES,
      ),
    ),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, BLOCK_BYTES);
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    const file = join(folder, MANIFEST);
    const { size } = await stat(file);
    return size > MANIFEST_LIMIT_BYTES ? undefined : parseManifest(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isDamage(error: unknown): boolean {
  if (error instanceof DamagedEntryError) return true;
  return error instanceof ModelLoadError && error.reason === 'DigestMismatch';
}

/** The same files would need as much memory. Anything else may have changed: a signature may have been added since. */
function isFetchWorthwhile(error: unknown): boolean {
  if (error instanceof ModelLoadError) return error.reason !== 'ArtifactTooLarge';
  return error instanceof DamagedEntryError;
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES + BLOCK_BYTES;
}
