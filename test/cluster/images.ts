import { existsSync } from 'node:fs';
import { buildFacts } from '../../scripts/images/build-facts.ts';
import { checkImage } from '../../scripts/images/check-image.ts';
import { imageName as nameOf, planBuilds } from '../../scripts/images/plan.ts';
import { readBuildSettings } from '../../scripts/images/settings.ts';
import { IMAGE_TARGETS } from '../../scripts/images/targets.ts';
import { mustRun, runProgram } from '../../scripts/programs/run-program.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { jestSuite } from '../runner/jest-suite.ts';
import { runSuite } from '../runner/suite.ts';
import { command } from './command.ts';
import type { ClusterSettings } from './context-defaults.ts';

const BUILD_SECONDS = 1_800;

/** Environment of `make images`: the images of the manifests for kind, in the engine of this machine. */
const LOCAL_IMAGES = readBuildSettings({});

export function imageName(target: string): string {
  return nameOf(target, LOCAL_IMAGES);
}

export async function buildImages({ DOCKER }: ClusterSettings): Promise<undefined> {
  const settings = { ...LOCAL_IMAGES, DOCKER };
  for (const { commands } of planBuilds(settings, await buildFacts(runProgram, settings)))
    for (const command of commands)
      await mustRun(runProgram, DOCKER, command, {
        timeoutSeconds: BUILD_SECONDS,
        environment: { DOCKER_BUILDKIT: '1' },
        workingDirectory: repositoryRoot,
      });
}

/** Size of each image. @throws Error if an image is larger than its limit, has no labels or does not start */
export async function checkImages({ DOCKER }: ClusterSettings): Promise<string> {
  const found: string[] = [];
  for (const target of IMAGE_TARGETS)
    found.push(await checkImage(runProgram, DOCKER, target, imageName(target.name)));
  return found.join('; ');
}

/**
 * Loads the images of this project into the nodes, and foreign images by tag that this Docker engine has. A node finds an
 * image by digest only if it pulls the image itself.
 */
export async function loadImages(settings: ClusterSettings, others: readonly string[]): Promise<string> {
  const [program = '', ...args] = settings.IMAGE_LOADER.split(/\s+/);
  if (program.includes('/') && !existsSync(program))
    throw new Error(`IMAGE_LOADER names ${program}, which does not exist`);
  const images = IMAGE_TARGETS.map(({ name }) => imageName(name));
  for (const image of others.filter((name) => !name.includes('@'))) {
    const { stdout } = await command(settings.DOCKER, ['images', '--quiet', image]);
    if (stdout.trim() !== '') images.push(image);
  }
  await command(program, [...args, ...images]);
  return `${images.length} images`;
}

/** Runs test/images, which starts the images as containers on the Docker engine that built them. */
export async function tryImages(): Promise<string> {
  const { passed, failed, failures } = await runSuite({
    ...jestSuite('images', '--runInBand', '--forceExit'),
    prepare: async () => ({ variables: { TESTCONTAINERS_RYUK_DISABLED: 'true' } }),
  });
  if (failed > 0) throw new Error(failures.join('\n  '));
  return `${passed} tests passed`;
}
