/** `make sbom`: writes a CycloneDX document about the packages of each image, from the lock files. See `--help`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runProgram } from '../programs/run-program.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { buildLabels } from './build-facts.ts';
import { bundlePrograms } from './bundles.ts';
import { sbomDocument } from './sbom/document.ts';
import { nodePackages } from './sbom/node-contents.ts';
import { NpmLock } from './sbom/npm-lock.ts';
import { pythonPackages } from './sbom/python-packages.ts';
import { IMAGE_TARGETS } from './targets.ts';

const HELP = `Usage: make sbom [SBOM="--output FOLDER"]

Writes IMAGE.cdx.json for each image: the npm packages in its bundles, and the Python packages of its environment, with
the versions of the lock files. Packages of the operating system, Node and Python come with the base images: they are in
the SBOM that \`make images\` attaches by buildx.

  --output FOLDER  (default: sbom)
  --uv PROGRAM     (default: .tools/bin/uv, which make installs)`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      output: { type: 'string', default: 'sbom' },
      uv: { type: 'string', default: `${repositoryRoot}/.tools/bin/uv` },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const lock = new NpmLock(readFileSync(`${repositoryRoot}/package-lock.json`, 'utf8'));
  const outputs = await bundlePrograms(repositoryRoot);
  const labels = await buildLabels(runProgram, undefined);
  mkdirSync(values.output, { recursive: true });
  for (const { name, base } of IMAGE_TARGETS) {
    const components =
      base === 'node'
        ? lock.components(nodePackages(name, outputs, lock))
        : await pythonPackages(runProgram, values.uv, name);
    const file = `${values.output}/${name}.cdx.json`;
    writeFileSync(file, sbomDocument(`loan-eligibility/${name}`, components, labels));
    console.log(`${file}: ${components.length} packages`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`sbom: ${(error as Error).message}`);
  process.exitCode = 1;
}
