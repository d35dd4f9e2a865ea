/** `make images`: builds the images of this project. See `--help`. */
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mustRun, runProgram } from '../programs/run-program.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { Progress } from '../stack/progress.ts';
import { buildFacts } from './build-facts.ts';
import { planBuilds } from './plan.ts';
import { readBuildSettings } from './settings.ts';

const HELP = `Usage: make images [VARIABLE=value…]

Builds the images of this project, with buildx if the Docker client has it.

  MANIFESTS     folder of manifests; the images that they name are built, with their prefix and tag (default: k8s/kind)
  IMAGES        targets, separated by commas (default: those of the manifests)
  REGISTRY      registry and path before the names (default: as in the manifests)
  TAG           tag (default: as in the manifests)
  PUSH=true     pushes to REGISTRY. With buildx an SBOM and the provenance are attached.
  OUTPUT        folder for OCI archives, in place of the engine. Needs buildx. Attached as above.
  PLATFORMS     linux/amd64, linux/arm64 or both, separated by commas. Needs buildx; both need PUSH or OUTPUT.
  DOCKER        Docker client (default: docker)
  NODE_IMAGE    base image of the Node images (default: by digest, or by tag if this machine made its own)
  PYTHON_IMAGE  base image of the Python images (likewise)
  SOURCE        URL of the sources, for the label (default: the https URL of the remote origin)

The options --manifests, --prefix and --push say the same as MANIFESTS, REGISTRY and PUSH.`;

const BUILD_SECONDS = 3_600;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      manifests: { type: 'string' },
      prefix: { type: 'string' },
      push: { type: 'boolean' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const settings = readBuildSettings({
    ...process.env,
    ...(values.manifests === undefined ? {} : { MANIFESTS: values.manifests }),
    ...(values.prefix === undefined ? {} : { REGISTRY: values.prefix }),
    ...(values.push === undefined ? {} : { PUSH: String(values.push) }),
  });
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
