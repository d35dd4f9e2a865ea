import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { repositoryRoot, trainingBin } from '../../scripts/stack/paths.ts';
import { loadModel } from '../../services/inference/model/load-model.ts';
import type { Model } from '../../services/inference/model/model.ts';
import type { ArtifactSource } from '../../services/inference/model/model-artifact.ts';

const BENCH_DIRECTORY = `${repositoryRoot}/.bench`;

/** The directory of the benchmarks' MLflow model of the onnx flavor. */
export function benchModelDirectory(): string {
  return modelDirectory('model');
}

/** The directory of an MLflow model of the sklearn flavor, with as many trees, fitted to the same data. */
export function scikitLearnModelDirectory(): string {
  return modelDirectory('sklearn-model');
}

/** The Python environment of `jobs/training` makes both models, once. */
function modelDirectory(name: 'model' | 'sklearn-model'): string {
  const directory = `${BENCH_DIRECTORY}/${name}`;
  if (!existsSync(directory)) {
    mkdirSync(BENCH_DIRECTORY, { recursive: true });
    execFileSync(`${trainingBin}/python`, [`${repositoryRoot}/test/bench/bench_model.py`, BENCH_DIRECTORY], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return directory;
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

export function loadBenchModel(): Promise<Model> {
  const registry = directorySource(benchModelDirectory());
  return loadModel({ registry, name: 'loan-eligibility', version: '1', requireContract: true });
}
