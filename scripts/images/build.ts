/** `make images`: builds the images of this project. See `--help`. */
import { mkdirSync } from 'node:fs';
import { mustRun, runProgram } from '../programs/run-program.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { Progress } from '../stack/progress.ts';
import { buildFacts } from './build-facts.ts';
import { planBuilds } from './plan.ts';
import { readBuildSettings } from './settings.ts';

const HELP = `Usage: make images [VARIABLE=value…]

Builds the images of this project, with buildx if the Docker client has it.

  IMAGES        targets, separated by commas (default: all)
  REGISTRY      registry and path before the names (default: loan-eligibility, as k8s/kind has it)
  TAG           tag (default: as charts/environments.ts has it for kind)
  PUSH=true     pushes to REGISTRY. With buildx an SBOM and the provenance are attached.
  OUTPUT        folder for OCI archives, in place of the engine. Needs buildx. Attached as above.
  PLATFORMS     linux/amd64, linux/arm64 or both, separated by commas. Needs buildx; both need PUSH or OUTPUT.
  DOCKER        Docker client (default: docker)
  NODE_IMAGE    base image of the Node images (default: by digest, or by tag if this machine made its own)
  PYTHON_IMAGE  base image of the Python images (likewise)
  SOURCE        URL of the sources, for the label (default: the https URL of the remote origin)`;

const BUILD_SECONDS = 3_600;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return console.log(HELP);
  const settings = readBuildSettings(process.env);
  const progress = new Progress();
  const facts = await buildFacts(runProgram, settings);
  const builds = planBuilds(settings, facts);
  for (const [kind, { madeHere }] of Object.entries(facts.bases))
    if (madeHere) progress.say(`the ${kind} base image was made on this machine, so it is used by its tag`);
  if (settings.OUTPUT !== undefined) mkdirSync(settings.OUTPUT, { recursive: true });
  for (const { image, commands, attested } of builds) {
    progress.say(`${image}${attested ? ', with SBOM and provenance' : ''}`);
    for (const command of commands)
      await mustRun(runProgram, settings.DOCKER, command, {
        timeoutSeconds: BUILD_SECONDS,
        environment: { DOCKER_BUILDKIT: '1' },
        workingDirectory: repositoryRoot,
        shown: true,
      });
  }
  if (!builds.some(({ attested }) => attested))
    progress.say('no SBOM and no provenance are attached: that needs buildx, and PUSH=true or OUTPUT');
  progress.say(`${builds.length} images are built`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`images: ${(error as Error).message}`);
  process.exitCode = 1;
}
