/** Writes docs/reference/modeldeployment.md; with --check, fails where it is not what the schema says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { modelDeploymentReference } from './reference/model-deployment.ts';

const FILE = new URL('../docs/reference/modeldeployment.md', import.meta.url);
const reference = modelDeploymentReference();

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, reference);
} else if (readFileSync(FILE, 'utf8') !== reference) {
  console.error('docs/reference/modeldeployment.md is not what the schema says; run `make synth`');
  process.exitCode = 1;
}
