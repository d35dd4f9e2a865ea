import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { ManagedProcess } from '../../../scripts/stack/managed-process.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';

const SOURCE = `${repositoryRoot}/test/kube-assets`;
const CACHE = `${repositoryRoot}/.cache/kube-assets`;
const BUILD_MILLISECONDS = 60 * 60_000;
const PROGRESS_MILLISECONDS = 15_000;

/**
 * A folder with `etcd` and `kube-apiserver`: $KUBEBUILDER_ASSETS where it is set, else built once from
 * Go modules (needs `go`; some ten minutes on two cold cores) and kept in .cache/.
 */
export async function kubeAssets(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { KUBEBUILDER_ASSETS: given } = environment;
  if (given) {
    if (!existsSync(`${given}/kube-apiserver`)) {
      throw new Error(`KUBEBUILDER_ASSETS=${given}: there is no kube-apiserver in that folder`);
    }
    return given;
  }
  const directory = `${CACHE}/${sourceDigest()}`;
  if (!existsSync(`${directory}/kube-apiserver`)) await build(directory);
  return directory;
}

function sourceDigest(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(`${SOURCE}/${file}`));
  return hash.digest('hex').slice(0, 12);
}

/** Test files run side by side: the first to make the lock builds, the others wait for its result. */
async function build(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const lock = `${directory}/building`;
  if (!claim(lock)) return waitForBuilder(directory, lock);
  const started = performance.now();
  const say = (message: string) =>
    process.stderr.write(`kube-assets [${((performance.now() - started) / 1000).toFixed(0)} s] ${message}\n`);
  say('building etcd and kube-apiserver from Go modules, once; set KUBEBUILDER_ASSETS to skip this');
  const progress = setInterval(() => say('still building'), PROGRESS_MILLISECONDS);
  try {
    await compile(directory);
    say('built');
  } finally {
    clearInterval(progress);
    rmSync(lock, { force: true });
  }
}

async function compile(directory: string): Promise<void> {
  const version = /k8s\.io\/kubernetes (v[\d.]+)/.exec(readFileSync(`${SOURCE}/go.mod`, 'utf8'))?.[1] ?? '';
  const [major, minor] = version.slice(1).split('.');
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].map(
    (at) =>
      `-X ${at}.gitVersion=${version} -X ${at}.gitMajor=${major} -X ${at}.gitMinor=${minor} -X ${at}.gitTreeState=clean`,
  );
  await using compiler = new ManagedProcess({
    name: 'go build of kube-assets',
    command: 'go',
    arguments: [
      'build',
      '-trimpath',
      '-ldflags',
      `-s -w ${flags.join(' ')}`,
      '-o',
      `${directory}/partial`,
      '.',
    ],
    workingDirectory: SOURCE,
    logFile: `${directory}/build.log`,
  });
  const code = await compiler.exit();
  if (code !== 0)
    throw new Error(`go build of test/kube-assets failed (is Go >= 1.24 installed?)\n${compiler.logTail()}`);
  renameSync(`${directory}/partial`, `${directory}/kube-assets`);
  for (const name of ['etcd', 'kube-apiserver']) {
    rmSync(`${directory}/${name}`, { force: true });
    symlinkSync('kube-assets', `${directory}/${name}`);
  }
}

function claim(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isAlive(Number(readFileSync(lock, 'utf8')))) return false;
    rmSync(lock, { force: true });
    return claim(lock);
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function waitForBuilder(directory: string, lock: string): Promise<void> {
  const deadline = performance.now() + BUILD_MILLISECONDS;
  while (existsSync(lock) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  if (!existsSync(`${directory}/kube-apiserver`)) {
    throw new Error(`etcd and kube-apiserver were not built; see ${directory}/build.log`);
  }
}
