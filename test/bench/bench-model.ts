import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter } from 'node:path';
import { repositoryRoot, trainingBin } from '../../scripts/stack/paths.ts';
import { loadModel } from '../../services/inference/model/load-model.ts';
import type { Model } from '../../services/inference/model/model.ts';
import type { ArtifactSource } from '../../services/inference/model/model-artifact.ts';

const BENCH_DIRECTORY = `${repositoryRoot}/.bench`;
const MODEL_PROGRAM = `${repositoryRoot}/test/bench/bench_model.py`;
const TRAINING_SOURCES = `${repositoryRoot}/jobs/training/src`;
const PYTHON_PATHS = [TRAINING_SOURCES, `${repositoryRoot}/jobs/training/tests`];

export type BenchModelName = 'model' | 'model-version-1' | 'model-2000-trees' | 'sklearn-model';

/** The directory of the benchmarks' MLflow model of the onnx flavor. */
export function benchModelDirectory(): string {
  return modelDirectory('model');
}

/** The directory of an MLflow model of the sklearn flavor, with as many trees, fitted to the same data. */
export function scikitLearnModelDirectory(): string {
  return modelDirectory('sklearn-model');
}

/** Makes the model by the Python environment of `jobs/training`, once for each state of the code that makes it. */
function modelDirectory(name: BenchModelName): string {
  const directory = `${BENCH_DIRECTORY}/${name}`;
  if (!existsSync(directory) || isOutdated(directory)) {
    mkdirSync(BENCH_DIRECTORY, { recursive: true });
    execFileSync(`${trainingBin}/python`, [MODEL_PROGRAM, BENCH_DIRECTORY, name], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // The tests of training know how models of contract version 1 were made.
      env: { ...process.env, PYTHONPATH: PYTHON_PATHS.join(delimiter) },
    });
  }
  return directory;
}

function isOutdated(directory: string): boolean {
  const made = statSync(directory).mtimeMs;
  const sources = readdirSync(TRAINING_SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.py'))
    .map((path) => `${TRAINING_SOURCES}/${path}`);
  return [MODEL_PROGRAM, ...sources].some((path) => statSync(path).mtimeMs > made);
}

/** A registry whose only version has the files of one directory. */
function directorySource(directory: string): ArtifactSource {
  return {
    getVersion: async (name, version) => ({ name, version, runId: 'bench', tags: {} }),
    listArtifacts: async () =>
      readdirSync(directory).map((path) => ({ path, sizeBytes: statSync(`${directory}/${path}`).size })),
    downloadArtifact: async (_name, _version, path) => readFileSync(`${directory}/${path}`),
  };
}

/** @param name of the directory below `.bench` */
export function loadBenchModel(name: BenchModelName = 'model'): Promise<Model> {
  const registry = directorySource(modelDirectory(name));
  return loadModel({ registry, name: 'loan-eligibility', version: '1', requireContract: true });
}
