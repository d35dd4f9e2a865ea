/** Writes k8s/ from the charts. With --check, fails if k8s/ is not up to date. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eks, kind } from './environments.ts';
import { withKustomization } from './kustomization.ts';
import { checkManifests, clusterManifests, type Manifests, systemManifests } from './system.ts';
import { writeFolder } from './write-folder.ts';

const OUTPUT = fileURLToPath(new URL('../k8s', import.meta.url));

const FOLDERS: Readonly<Record<string, Manifests>> = {
  cluster: withKustomization(clusterManifests()),
  kind: withKustomization(systemManifests(kind)),
  eks: withKustomization(systemManifests(eks)),
  checks: withKustomization(checkManifests(kind)),
};

function write(): void {
  for (const [folder, manifests] of Object.entries(FOLDERS)) {
    const changed = writeFolder(`${OUTPUT}/${folder}`, manifests);
    console.log(`k8s/${folder}: ${manifests.size} files, ${changed} changed`);
  }
}

/** The files that are missing, changed or no longer generated. */
function staleFiles(): string[] {
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
      `${files.join(', ')}: not up to date with charts/. Run \`make synth\` and commit k8s/. Do not edit k8s/ by hand.`,
    );
    process.exitCode = 1;
  }
} else {
  write();
}
