/** Writes k8s/ and skaffold.yaml from the charts. With --check, fails if one of them is not up to date. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eks, kind } from './environments.ts';
import { httpCheckManifests } from './http-check.ts';
import { withKustomization } from './kustomization.ts';
import { skaffoldFile } from './skaffold.ts';
import { checkManifests, clusterManifests, type Manifests, systemManifests } from './system.ts';
import { writeFolder } from './write-folder.ts';

const OUTPUT = fileURLToPath(new URL('../k8s', import.meta.url));

const FOLDERS: Readonly<Record<string, Manifests>> = {
  cluster: withKustomization(clusterManifests()),
  kind: withKustomization(systemManifests(kind)),
  eks: withKustomization(systemManifests(eks)),
  checks: withKustomization(checkManifests(kind)),
  'checks-eks': withKustomization(httpCheckManifests(eks)),
};

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SKAFFOLD = skaffoldFile({ kind: kind.images.prefix, eks: eks.images.prefix });

function write(): void {
  for (const [folder, manifests] of Object.entries(FOLDERS)) {
    const changed = writeFolder(`${OUTPUT}/${folder}`, manifests);
    console.log(`k8s/${folder}: ${manifests.size} files, ${changed} changed`);
  }
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

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
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
