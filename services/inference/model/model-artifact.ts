import { posix } from 'node:path';
import { MalformedMessage } from '../../shared/message-reader.ts';
import type { ModelRegistry } from '../../shared/mlflow/model-registry.ts';
import { checkMemory, type Memory } from './memory.ts';
import { type Mlmodel, parseMlmodel } from './mlmodel.ts';
import { ModelLoadError } from './model-load-error.ts';
import { externalFiles, OutsideLocation } from './onnx/external-files.ts';
import { type ModelOutline, readOutline } from './onnx/graph-outline.ts';

const MLMODEL = 'MLmodel';
export const SERVING_FILE = 'serving.json';
/** The digest of earlier releases covers each such file, also one that the graph does not name. */
const EXTERNAL_DATA_SUFFIX = '.data';

const MLMODEL_LIMIT_BYTES = 4 * 1024 * 1024;
const SERVING_LIMIT_BYTES = 16 * 1024 * 1024;
const GRAPH_LIMIT_BYTES = 1024 * 1024 * 1024;
/** Some exporters write a file for each tensor. */
const EXTERNAL_DATA_FILES_LIMIT = 1000;
const DIRECTORIES_LIMIT = 16;

/** The operations of the registry that loading needs. */
export type ArtifactSource = Pick<ModelRegistry, 'getVersion' | 'listArtifacts' | 'downloadArtifact'>;

/** A version's files, as downloaded. */
export interface ModelArtifact {
  readonly mlmodel: Mlmodel;
  readonly graph: Uint8Array;
  /** Or why the graph is no ONNX file. The digest of a changed file is told first. */
  readonly outline: ModelOutline | MalformedMessage;
  /** External weights, by the location that the graph names. */
  readonly externalData: ReadonlyMap<string, Uint8Array>;
  /** `serving.json`. Undefined if the model was logged without that file. */
  readonly serving: Uint8Array | undefined;
  /** Files that the digest covers: the graph, its external weights, each `*.data` file, and serving.json. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** `files` and MLmodel: all that was read, so all that may steer an answer. A signature must cover each. */
  readonly read: ReadonlyMap<string, Uint8Array>;
}

/**
 * Downloads the files that serving a model version needs, into memory.
 * @throws ModelLoadError (ArtifactMissing, ArtifactTooLarge, InvalidArtifact), RegistryError
 */
export async function downloadModelArtifact(
  registry: ArtifactSource,
  name: string,
  version: string,
  memory: Memory,
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

  function checkSizes(paths: readonly string[]): void {
    const bytes = paths.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
    checkMemory(memory, `the download of ${name} version ${version}`, bytes);
  }

  const mlmodelFile = await download(MLMODEL, MLMODEL_LIMIT_BYTES);
  const mlmodel = parseMlmodel(new TextDecoder().decode(mlmodelFile));
  const { graphPath } = mlmodel;
  const suffixed = [...sizes.keys()].filter((path) => path.endsWith(EXTERNAL_DATA_SUFFIX));
  checkSizes([graphPath, SERVING_FILE, ...suffixed]);
  const graph = await download(graphPath, GRAPH_LIMIT_BYTES);
  const outline = outlineOf(graph);
  const locations = locationsOf(outline, graphPath);
  const externalPaths = new Set([...locations.values(), ...suffixed]);
  const directories = new Set([...externalPaths].map((path) => posix.dirname(path)));
  directories.delete('.');
  if (directories.size > DIRECTORIES_LIMIT) {
    throw new ModelLoadError(
      'ArtifactTooLarge',
      `${name} version ${version} has weights in ${directories.size} directories; the limit is ${DIRECTORIES_LIMIT}`,
    );
  }
  for (const directory of directories) {
    for (const file of await registry.listArtifacts(name, version, signal, directory)) {
      sizes.set(file.path, file.sizeBytes);
    }
  }
  if (externalPaths.size > EXTERNAL_DATA_FILES_LIMIT) {
    throw new ModelLoadError(
      'ArtifactTooLarge',
      `${name} version ${version} has ${externalPaths.size} files of weights; the limit is ${EXTERNAL_DATA_FILES_LIMIT}`,
    );
  }
  checkSizes([...externalPaths]);
  const files = new Map<string, Uint8Array>([[graphPath, graph]]);
  for (const path of externalPaths) files.set(path, await download(path, GRAPH_LIMIT_BYTES));
  const serving = sizes.has(SERVING_FILE) ? await download(SERVING_FILE, SERVING_LIMIT_BYTES) : undefined;
  if (serving !== undefined) files.set(SERVING_FILE, serving);
  return {
    mlmodel,
    graph,
    outline,
    externalData: new Map(
      [...locations].map(([location, path]) => [location, files.get(path) as Uint8Array]),
    ),
    serving,
    files,
    read: new Map([...files, [MLMODEL, mlmodelFile]]),
  };
}

function outlineOf(graph: Uint8Array): ModelOutline | MalformedMessage {
  try {
    return readOutline(graph);
  } catch (error) {
    if (error instanceof MalformedMessage) return error;
    throw error;
  }
}

function locationsOf(
  outline: ModelOutline | MalformedMessage,
  graphPath: string,
): ReadonlyMap<string, string> {
  if (outline instanceof MalformedMessage) return new Map();
  try {
    return externalFiles(outline, graphPath);
  } catch (error) {
    if (!(error instanceof OutsideLocation)) throw error;
    throw new ModelLoadError('InvalidArtifact', error.message, { cause: error });
  }
}
