import { z } from 'zod';
import { withoutTrailingSlashes } from '../trailing-slashes.ts';
import { MlflowHttp, type MlflowHttpOptions } from './mlflow-http.ts';
import { RegistryError } from './registry-error.ts';

const modelVersionSchema = z.object({
  name: z.string(),
  version: z.string(),
  run_id: z.string().optional(),
  source: z.string().optional(),
  status: z.string().optional(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
});

const registeredModelSchema = z.object({
  registered_model: z.object({
    /** Milliseconds since the epoch. */
    creation_timestamp: z.coerce.number().min(0).optional().catch(undefined),
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
  }),
});

const artifactListSchema = z.object({
  files: z
    .array(
      z.object({
        path: z.string(),
        is_dir: z.boolean().default(false),
        file_size: z.coerce.number().optional(),
      }),
    )
    .default([]),
});

/** An immutable version of a registered model. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  readonly runId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What an alias names. */
export interface AliasTarget {
  /** Decimal digits. */
  readonly version: string;
  /** Creation time of the model. A model that was deleted and made anew has another time. Undefined if unknown. */
  readonly modelCreatedAt: string | undefined;
}

/** Versions go into PromQL and into names, so a version that is not a number is refused. */
const VERSION = /^\d{1,20}$/;

/** Versions that `newestVersions` gives. MLflow gives no more than 200 in one answer by default. */
const NEWEST_VERSIONS = 100;

/** The first millisecond with a year of five digits, in milliseconds since the epoch. */
const YEAR_10000 = 253_402_300_800_000;

/** A file of a version's artifact. */
export interface Artifact {
  /** Relative to the artifact root. */
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * MLflow's model registry over REST, artifacts through the server's proxy.
 * Every call throws a RegistryError; reads leave no trace.
 */
export class ModelRegistry {
  readonly #http: MlflowHttp;

  constructor(options: MlflowHttpOptions) {
    this.#http = new MlflowHttp(options);
  }

  /** The version that `alias` names. Undefined if the model or the alias does not exist. */
  async resolveAlias(name: string, alias: string, signal?: AbortSignal): Promise<string | undefined> {
    return (await this.readAlias(name, alias, signal))?.version;
  }

  /** The version that `alias` names, and since when its model exists. Undefined if the model or the alias does not exist. */
  async readAlias(name: string, alias: string, signal?: AbortSignal): Promise<AliasTarget | undefined> {
    try {
      const answer = await this.#http.json(
        registeredModelSchema,
        'GET',
        'registered-models/get',
        { name },
        signal,
      );
      const { aliases, creation_timestamp: created } = answer.registered_model;
      const version = aliases.find((entry) => entry.alias === alias)?.version;
      if (version === undefined) return undefined;
      if (VERSION.test(version)) return { version, modelCreatedAt: isoTime(created) };
      throw new RegistryError('refused', `alias ${alias} names a version that is not a number`);
    } catch (error) {
      if (error instanceof RegistryError && error.kind === 'not_found') return undefined;
      throw error;
    }
  }

  async getVersion(name: string, version: string, signal?: AbortSignal): Promise<ModelVersion> {
    const schema = z.object({ model_version: modelVersionSchema });
    const { model_version: found } = await this.#http.json(
      schema,
      'GET',
      'model-versions/get',
      { name, version },
      signal,
    );
    return modelVersion(found);
  }

  /** Every alias of the model, and the version that it names. Empty if the model does not exist. */
  async aliases(name: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    try {
      const { registered_model: model } = await this.#http.json(
        registeredModelSchema,
        'GET',
        'registered-models/get',
        { name },
        signal,
      );
      return Object.fromEntries(model.aliases.map(({ alias, version }) => [alias, version]));
    } catch (error) {
      if (error instanceof RegistryError && error.kind === 'not_found') return {};
      throw error;
    }
  }

  /** The newest versions of the model, newest first, at most 100. */
  async newestVersions(name: string, signal?: AbortSignal): Promise<readonly ModelVersion[]> {
    // MLflow knows no escape in a text, but two kinds of quotes.
    const quote = name.includes("'") ? '"' : "'";
    const { model_versions: found } = await this.#http.json(
      z.object({ model_versions: z.array(modelVersionSchema).default([]) }),
      'GET',
      'model-versions/search',
      {
        filter: `name = ${quote}${name}${quote}`,
        order_by: 'version_number DESC',
        max_results: NEWEST_VERSIONS,
      },
      signal,
    );
    return found.map(modelVersion);
  }

  async setAlias(name: string, alias: string, version: string, signal?: AbortSignal): Promise<void> {
    await this.#http.json(z.unknown(), 'POST', 'registered-models/alias', { name, alias, version }, signal);
  }

  async setVersionTag(
    name: string,
    version: string,
    key: string,
    value: string,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#http.json(
      z.unknown(),
      'POST',
      'model-versions/set-tag',
      { name, version, key, value },
      signal,
    );
  }

  /**
   * The files directly under the version's artifact root, or under a directory of it. Empty if no file was uploaded.
   * @param directory relative to the artifact root
   */
  async listArtifacts(
    name: string,
    version: string,
    signal?: AbortSignal,
    directory?: string,
  ): Promise<readonly Artifact[]> {
    const root = await this.#artifactRoot(name, version, signal);
    const prefix = directory === undefined ? '' : `${directory}/`;
    const path = directory === undefined ? root : `${root}/${directory}`;
    const { files } = await this.#http.artifactList(artifactListSchema, path, signal);
    return files
      .filter((file) => !file.is_dir)
      .map((file) => ({ path: prefix + file.path, sizeBytes: file.file_size ?? 0 }));
  }

  /**
   * One file of the version's artifact.
   * @param limitBytes a larger file is refused before it is in memory
   */
  async downloadArtifact(
    name: string,
    version: string,
    path: string,
    limitBytes: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const root = await this.#artifactRoot(name, version, signal);
    return this.#http.artifact(`${root}/${path}`, limitBytes, signal);
  }

  async #artifactRoot(name: string, version: string, signal?: AbortSignal): Promise<string> {
    const { artifact_uri: uri } = await this.#http.json(
      z.object({ artifact_uri: z.string() }),
      'GET',
      'model-versions/get-download-uri',
      { name, version },
      signal,
    );
    const proxied = /^mlflow-artifacts:\/+([^/].*)$/.exec(uri)?.[1];
    if (proxied === undefined) {
      const [scheme = 'another'] = /^[a-z][a-z0-9+.-]{0,20}(?=:)/.exec(uri) ?? [];
      throw new RegistryError(
        'refused',
        `artifacts of ${name} version ${version} have a URI of the scheme ${scheme}; start the MLflow server with --serve-artifacts so that it proxies them`,
      );
    }
    return withoutTrailingSlashes(proxied.replace(/^[^/]+:\d+\//, ''));
  }
}

function modelVersion(found: z.output<typeof modelVersionSchema>): ModelVersion {
  return {
    name: found.name,
    version: found.version,
    runId: found.run_id ?? '',
    tags: Object.fromEntries(found.tags.map(({ key, value }) => [key, value])),
  };
}

/** Undefined if RFC 3339 has no such time. Some servers answer with microseconds. */
function isoTime(milliseconds: number | undefined): string | undefined {
  if (!milliseconds || milliseconds >= YEAR_10000) return undefined;
  return new Date(milliseconds).toISOString();
}
