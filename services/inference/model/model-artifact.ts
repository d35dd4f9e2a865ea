import type { ModelRegistry } from '../../shared/mlflow/model-registry.ts';
import { type Mlmodel, parseMlmodel } from './mlmodel.ts';
import { ModelLoadError } from './model-load-error.ts';

const MLMODEL = 'MLmodel';
const SERVING = 'serving.json';
const EXTERNAL_DATA_SUFFIX = '.data';

const MLMODEL_LIMIT_BYTES = 4 * 1024 * 1024;
const SERVING_LIMIT_BYTES = 16 * 1024 * 1024;
const GRAPH_LIMIT_BYTES = 1024 * 1024 * 1024;
const EXTERNAL_DATA_FILES_LIMIT = 16;

/** The operations of the registry that loading needs. */
export type ArtifactSource = Pick<ModelRegistry, 'getVersion' | 'listArtifacts' | 'downloadArtifact'>;

/** A version's files, as downloaded. */
export interface ModelArtifact {
  readonly mlmodel: Mlmodel;
  readonly graph: Uint8Array;
  /** External weights of the graph, by path. */
  readonly externalData: ReadonlyMap<string, Uint8Array>;
  /** `serving.json`. Undefined if the model was logged without that file. */
  readonly serving: Uint8Array | undefined;
  /** Files that the digest covers. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Downloads the files that serving a model version needs, into memory.
 * @throws ModelLoadError (ArtifactMissing, ArtifactTooLarge, InvalidArtifact), RegistryError
 */
export async function downloadModelArtifact(
  registry: ArtifactSource,
  name: string,
  version: string,
  signal?: AbortSignal,
): Promise<ModelArtifact> {
  const listing = await registry.listArtifacts(name, version, signal);
  if (listing.length === 0) {
    throw new ModelLoadError('ArtifactMissing', `${name} version ${version} is registered but has no files`);
  }
  const sizes = new Map(listing.map((file) => [file.path, file.sizeBytes]));

  async function download(path: string, limitBytes: number): Promise<Uint8Array> {
    const sizeBytes = sizes.get(path);
    if (sizeBytes === undefined) {
      throw new ModelLoadError('ArtifactMissing', `${name} version ${version} has no file ${path}`);
    }
    if (sizeBytes > limitBytes) {
      throw new ModelLoadError(
        'ArtifactTooLarge',
        `${path} of ${name} version ${version} has ${sizeBytes} bytes; the limit is ${limitBytes}`,
      );
    }
    return registry.downloadArtifact(name, version, path, limitBytes, signal);
  }

  const mlmodel = parseMlmodel(new TextDecoder().decode(await download(MLMODEL, MLMODEL_LIMIT_BYTES)));
  const externalPaths = [...sizes.keys()].filter((path) => path.endsWith(EXTERNAL_DATA_SUFFIX));
  if (externalPaths.length > EXTERNAL_DATA_FILES_LIMIT) {
    throw new ModelLoadError(
      'ArtifactTooLarge',
      `${name} version ${version} has ${externalPaths.length} ${EXTERNAL_DATA_SUFFIX} files; the limit is ${EXTERNAL_DATA_FILES_LIMIT}`,
    );
  }
  const graph = await download(mlmodel.graphPath, GRAPH_LIMIT_BYTES);
  const externalData = new Map<string, Uint8Array>();
  for (const path of externalPaths) externalData.set(path, await download(path, GRAPH_LIMIT_BYTES));
  const serving = sizes.has(SERVING) ? await download(SERVING, SERVING_LIMIT_BYTES) : undefined;
  return {
    mlmodel,
    graph,
    externalData,
    serving,
    files: new Map([
      [mlmodel.graphPath, graph],
      ...externalData,
      ...(serving ? [[SERVING, serving] as const] : []),
    ]),
  };
}
