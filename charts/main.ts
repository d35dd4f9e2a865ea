/**
 * Writes k8s/ and skaffold.yaml from the charts. With --check, fails if one of them is not up to date.
 * k8s/eks is made from the outputs of the AWS stacks if infrastructure/outputs.json is there, and is an example otherwise.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SELECTED } from '../infrastructure/environments.ts';
import { eksSource, imagePrefixIn, isFromOutputs } from './eks-source.ts';
import { kind } from './environments.ts';
import { httpCheckManifests } from './http-check.ts';
import { withKustomization } from './kustomization.ts';
import { skaffoldFile } from './skaffold.ts';
import { checkManifests, clusterManifests, type Manifests, systemManifests } from './system.ts';
import { writeFolder } from './write-folder.ts';

const OUTPUT = fileURLToPath(new URL('../k8s', import.meta.url));

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const HELP = `Usage: node charts/main.ts [options]

  --environment NAME  writes the folders of \`kind\` or \`eks\` alone (default: all)
  --outputs FILE      outputs of the AWS stacks, for k8s/eks (default: infrastructure/outputs.json, if it is there)
  --check             writes nothing, and fails if a file is not up to date`;

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    environment: { type: 'string' },
    outputs: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const { environment: eks, origin, isExample } = read();
/** Whether k8s/eks was made from outputs that are not here now. The example must not take its place. */
const KEEPS_EKS =
  isExample && values.environment !== 'eks' && isFromOutputs(`${OUTPUT}/eks/00-namespace.yaml`);
const FOLDERS = folders();
const SKAFFOLD = skaffoldFile({
  kind: kind.images.prefix,
  // The names of the images that are in k8s/eks, whether it is written now or not.
  eks: 'eks' in FOLDERS ? eks.images.prefix : imagePrefixIn(`${OUTPUT}/eks`),
});

function read() {
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const { environment, outputs } = values;
  try {
    if (environment !== undefined && environment !== 'kind' && environment !== 'eks')
      throw new Error(`--environment ${environment}: there are kind and eks`);
    return eksSource(SELECTED, { file: outputs, needsOutputs: environment === 'eks' });
  } catch (error) {
    console.error(`synth: ${(error as Error).message}`);
    process.exit(1);
  }
}

function folders(): Readonly<Record<string, Manifests>> {
  const all: Readonly<Record<string, Manifests>> = {
    cluster: withKustomization(clusterManifests()),
    kind: withKustomization(systemManifests(kind)),
    eks: withKustomization(systemManifests(eks, origin)),
    checks: withKustomization(checkManifests(kind)),
    'checks-eks': withKustomization(httpCheckManifests(eks)),
  };
  const chosen = { kind: ['cluster', 'kind', 'checks'], eks: ['cluster', 'eks', 'checks-eks'] };
  const names = chosen[values.environment as keyof typeof chosen] ?? Object.keys(all);
  const kept = KEEPS_EKS ? ['eks', 'checks-eks'] : [];
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes(name) && !kept.includes(name)),
  );
}

function write(): void {
  for (const [folder, manifests] of Object.entries(FOLDERS)) {
    const changed = writeFolder(`${OUTPUT}/${folder}`, manifests);
    console.log(`k8s/${folder}: ${manifests.size} files, ${changed} changed`);
  }
  if (KEEPS_EKS)
    console.log(
      'k8s/eks stays as it is: it is from outputs of AWS stacks, and there is no infrastructure/outputs.json. `make aws-outputs` writes that file. To get the example back, delete k8s/eks.',
    );
  else if ('eks' in FOLDERS) console.log(`k8s/eks is from ${origin}`);
  // skaffold dev starts again when the time of its file changes.
  if (skaffoldIsStale()) writeFileSync(`${ROOT}/skaffold.yaml`, SKAFFOLD);
}

function skaffoldIsStale(): boolean {
  const path = `${ROOT}/skaffold.yaml`;
  return !existsSync(path) || readFileSync(path, 'utf8') !== SKAFFOLD;
}

/** The files that are missing, changed or no longer generated. */
function staleFiles(): string[] {
  return [...staleManifests(), ...(skaffoldIsStale() ? ['skaffold.yaml'] : [])];
}

function staleManifests(): string[] {
  return Object.entries(FOLDERS).flatMap(([folder, manifests]) => {
    const committed = new Map(
      listing(`${OUTPUT}/${folder}`).map((name) => [
        name,
        readFileSync(`${OUTPUT}/${folder}/${name}`, 'utf8'),
      ]),
    );
    const names = new Set([...committed.keys(), ...manifests.keys()]);
    return [...names]
      .filter((name) => committed.get(name) !== manifests.get(name))
      .map((name) => `k8s/${folder}/${name}`);
  });
}

function listing(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

if (values.check) {
  const files = staleFiles();
  if (files.length > 0) {
    console.error(
      `${files.join(', ')}: not up to date with charts/. Run \`make synth\` and commit these files. Do not edit them by hand.`,
    );
    process.exitCode = 1;
  }
} else {
  write();
}
