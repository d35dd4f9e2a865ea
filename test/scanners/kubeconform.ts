import { existsSync, mkdirSync } from 'node:fs';
import { mustRun, runProgram } from '../../scripts/programs/run-program.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

const VERSION = 'v0.8.0';
const FOLDER = `${repositoryRoot}/.cache/scanners/kubeconform-${VERSION}`;
const BUILD_SECONDS = 300;

/** Path of kubeconform, built once from its Go module. @throws Error if the module cannot be had or built */
export async function kubeconform(): Promise<string> {
  const program = `${FOLDER}/kubeconform`;
  if (existsSync(program)) return program;
  mkdirSync(FOLDER, { recursive: true });
  await mustRun(runProgram, 'go', ['install', `github.com/yannh/kubeconform/cmd/kubeconform@${VERSION}`], {
    timeoutSeconds: BUILD_SECONDS,
    environment: { GOBIN: FOLDER, GOFLAGS: '' },
  });
  return program;
}
