import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { ManagedProcess } from '../managed-process.ts';
import { repositoryRoot } from '../paths.ts';

const SOURCE = `${repositoryRoot}/scripts/stack/kube-assets/source`;

/** A name for the build. It changes when the sources change. */
export function sourceDigest(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(`${SOURCE}/${file}`));
  return hash.digest('hex').slice(0, 12);
}

/**
 * Builds etcd and kube-apiserver from Go modules. It takes nine minutes on two busy cores.
 * @throws Error of one line
 */
export async function buildFromGoModules(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const logFile = `${directory}/build.log`;
  await using compiler = new ManagedProcess({
    name: 'go build of scripts/stack/kube-assets/source',
    command: 'go',
    arguments: [
      'build',
      '-trimpath',
      '-ldflags',
      `-s -w ${versionFlags()}`,
      '-o',
      `${directory}/partial`,
      '.',
    ],
    workingDirectory: SOURCE,
    logFile,
  });
  const code = await compiler.exit();
  // Node gives a negative code if the program cannot be started.
  if (code !== null && code < 0) throw new Error('the program go cannot be started');
  if (code !== 0)
    throw new Error(`go build of scripts/stack/kube-assets/source ended with code ${code}, see ${logFile}`);
  renameSync(`${directory}/partial`, `${directory}/kube-assets`);
  for (const name of ['etcd', 'kube-apiserver']) {
    rmSync(`${directory}/${name}`, { force: true });
    symlinkSync('kube-assets', `${directory}/${name}`);
  }
}

function versionFlags(): string {
  const version = /k8s\.io\/kubernetes (v[\d.]+)/.exec(readFileSync(`${SOURCE}/go.mod`, 'utf8'))?.[1] ?? '';
  const [major, minor] = version.slice(1).split('.');
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .map(
      (at) =>
        `-X ${at}.gitVersion=${version} -X ${at}.gitMajor=${major} -X ${at}.gitMinor=${minor} -X ${at}.gitTreeState=clean`,
    )
    .join(' ');
}
