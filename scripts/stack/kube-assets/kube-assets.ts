import { existsSync } from 'node:fs';
import { repositoryRoot } from '../paths.ts';
import { archiveUrl, type EnvtestArchiveOptions, unpackEnvtestArchive } from './envtest-archive.ts';
import { ENVTEST_BASE_URL, ENVTEST_RELEASE } from './envtest-release.ts';
import { withFileLock } from './file-lock.ts';
import { buildFromGoModules, sourceDigest } from './go-build.ts';

const CACHE = `${repositoryRoot}/.cache/kube-assets`;
const DOWNLOAD_MILLISECONDS = 20_000;
const PROGRESS_MILLISECONDS = 15_000;

const WHAT_TO_DO =
  'set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver, or install Go >= 1.24, or give access to the archive (ENVTEST_BASE_URL names a mirror)';

export interface KubeAssetsOptions extends Omit<EnvtestArchiveOptions, 'directory'> {
  /** Directory that keeps the programs of the archive and the built programs, each in a folder of its own. */
  readonly cache: string;
  readonly build: (directory: string) => Promise<void>;
  readonly say: (message: string) => void;
}

/**
 * A folder with `etcd` and `kube-apiserver`. If KUBEBUILDER_ASSETS is set, it names the folder. Else the programs
 * come from the published archive, or from Go if the archive cannot be had, and are kept in .cache/.
 * @throws Error of one line that says what to do
 */
export async function kubeAssets(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { KUBEBUILDER_ASSETS: given, KUBE_ASSETS_ERROR: knownError } = environment;
  // `make test` has tried already. Without this, each test file would wait for the same failure.
  if (knownError) throw new Error(knownError);
  if (given) {
    if (isComplete(given)) return given;
    throw new Error(`KUBEBUILDER_ASSETS=${given}: that folder lacks etcd or kube-apiserver`);
  }
  return provideKubeAssets({
    release: ENVTEST_RELEASE,
    baseUrl: (environment.ENVTEST_BASE_URL || ENVTEST_BASE_URL).replace(/\/$/, ''),
    platform: `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`,
    timeoutMilliseconds: DOWNLOAD_MILLISECONDS,
    cache: CACHE,
    build: buildFromGoModules,
    say: sayWithTime(),
  });
}

/** The published archive's programs, or the built programs if the archive cannot be had. */
export async function provideKubeAssets(options: KubeAssetsOptions): Promise<string> {
  const published = `${options.cache}/envtest-${options.release.version}`;
  const built = `${options.cache}/${sourceDigest()}`;
  const kept = () => [published, built].find(isComplete);
  // Test files run side by side. The first process gets the programs, and the others wait.
  return (
    kept() ?? withFileLock(`${options.cache}/lock`, async () => kept() ?? make(options, published, built))
  );
}

async function make(options: KubeAssetsOptions, published: string, built: string): Promise<string> {
  const { say } = options;
  const url = archiveUrl(options);
  say(`downloading etcd and kube-apiserver, once: ${url}`);
  try {
    await unpackEnvtestArchive({ ...options, directory: published });
    return published;
  } catch (error) {
    say(
      `${url} cannot be had (${(error as Error).message}): building from Go modules, some ten minutes, once`,
    );
  }
  const progress = setInterval(() => say('still building'), PROGRESS_MILLISECONDS);
  try {
    await options.build(built);
    say('built');
    return built;
  } catch (error) {
    throw new Error(`No etcd and kube-apiserver (${(error as Error).message}): ${WHAT_TO_DO}`, {
      cause: error,
    });
  } finally {
    clearInterval(progress);
  }
}

function isComplete(directory: string): boolean {
  return ['etcd', 'kube-apiserver'].every((program) => existsSync(`${directory}/${program}`));
}

function sayWithTime(): (message: string) => void {
  const started = performance.now();
  return (message) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stderr.write(`kube-assets [${seconds} s] ${message}\n`);
  };
}
