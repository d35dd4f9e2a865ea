import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { kubectl, kubectlResult, NAMESPACE } from './kubectl.ts';

const MANIFESTS = `${repositoryRoot}/k8s`;

/** The files of an environment, in order, without those of the components that are left out. */
export function manifestFiles(folder: string, without: readonly string[] = []): string[] {
  const files = readdirSync(`${MANIFESTS}/${folder}`)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  const component = (file: string) => file.replace(/^\d+-/, '').replace(/\.yaml$/, '');
  const unknown = without.filter((name) => !files.some((file) => component(file) === name));
  if (unknown.length > 0)
    throw new Error(
      `WITHOUT=${unknown.join(',')}: no such component; there are ${files.map(component).join(', ')}`,
    );
  return files
    .filter((file) => !without.includes(component(file)))
    .map((file) => `${MANIFESTS}/${folder}/${file}`);
}

/** The line of `kubectl apply` for each object. @throws Error if the API server warns */
export async function apply(files: readonly string[], ...args: readonly string[]): Promise<string[]> {
  const { stdout, stderr } = await kubectlResult([
    'apply',
    ...args,
    ...files.flatMap((file) => ['--filename', file]),
  ]);
  const warnings = stderr.split('\n').filter((line) => line.startsWith('Warning'));
  if (warnings.length > 0) throw new Error(warnings.join('\n  '));
  return stdout.trim().split('\n');
}

/** Applies the files again, after the operator has pinned a model. @throws Error if an object changes */
export async function applyAgain(files: readonly string[]): Promise<string> {
  const filenames = files.flatMap((file) => ['--filename', file]);
  const generations = () =>
    kubectl([
      'get',
      ...filenames,
      '--output=custom-columns=:kind,:metadata.name,:metadata.generation',
      '--no-headers',
    ]);
  const before = await generations();
  await apply(files);
  const after = await generations();
  if (after !== before) {
    const changed = after.split('\n').filter((line) => !before.includes(line));
    throw new Error(`a second apply changed ${changed.join('; ')}`);
  }
  await kubectl(['diff', ...filenames]);
  return `${before.trim().split('\n').length} objects`;
}

export async function installDefinitions(): Promise<undefined> {
  await apply(manifestFiles('cluster'));
  await kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
}

/** Images in the manifests that this project does not build. */
export function foreignImages(files: readonly string[]): string[] {
  const images = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^\s*(?:- )?image: (\S+)$/gm)].map((match) => match[1] ?? ''),
  );
  return [...new Set(images)].filter((image) => !image.startsWith(`${NAMESPACE}/`));
}

/** Names of the objects of a kind in the files. */
export function namesOf(files: readonly string[], kind: string): string[] {
  return files
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document) => document.toJS() as { kind: string; metadata: { name: string } })
    .filter((object) => object.kind === kind)
    .map((object) => object.metadata.name);
}

/** Waits until all replicas of every Deployment and StatefulSet in the files are ready. */
export async function waitReady(files: readonly string[], timeoutSeconds: number): Promise<undefined> {
  for (const kind of ['StatefulSet', 'Deployment']) {
    for (const name of namesOf(files, kind)) {
      await kubectl(['rollout', 'status', `${kind}/${name}`, `--timeout=${timeoutSeconds}s`]);
    }
  }
}

export async function waitJobs(names: readonly string[], timeoutSeconds: number): Promise<undefined> {
  for (const name of names) {
    await kubectl(['wait', '--for=condition=Complete', `--timeout=${timeoutSeconds}s`, `job/${name}`]);
  }
}
