import { existsSync } from 'node:fs';
import { kind } from '../../charts/environments.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { jestSuite } from '../runner/jest-suite.ts';
import { runSuite } from '../runner/suite.ts';
import { command } from './command.ts';
import type { ClusterSettings } from './context-defaults.ts';

/** A target of the Dockerfile, its base image, and the size that it may add. */
interface Target {
  readonly name: string;
  readonly base: string;
  readonly addedMegabytes?: number;
}

const NODE = 'node:24-bookworm-slim';
const PYTHON = 'python:3.11-slim-bookworm';

const TARGETS: readonly Target[] = [
  { name: 'inference', base: NODE, addedMegabytes: 150 },
  { name: 'operator', base: NODE, addedMegabytes: 60 },
  { name: 'tools', base: NODE },
  { name: 'kinesis', base: NODE },
  { name: 'training', base: PYTHON },
  { name: 'mlflow', base: PYTHON },
];

export function imageName(target: string): string {
  return `${kind.images.prefix}/${target}:${kind.images.tag}`;
}

export async function buildImages({ DOCKER }: ClusterSettings): Promise<undefined> {
  for (const { name } of TARGETS) {
    const args = ['build', '--target', name, '--tag', imageName(name), repositoryRoot];
    await command(DOCKER, args, { environment: { DOCKER_BUILDKIT: '1' } });
  }
}

/** Size that each image adds to its base. @throws Error if an image adds more than its limit */
export async function imageSizes({ DOCKER }: ClusterSettings): Promise<string> {
  const megabytes = async (image: string): Promise<number> => {
    const { stdout } = await command(DOCKER, ['image', 'inspect', '--format={{.Size}}', image]);
    return Number(stdout) / 1e6;
  };
  const found: string[] = [];
  for (const { name, base, addedMegabytes } of TARGETS) {
    const added = Math.round((await megabytes(imageName(name))) - (await megabytes(base)));
    if (addedMegabytes !== undefined && added > addedMegabytes)
      throw new Error(`${name} adds ${added} MB to ${base}; its limit is ${addedMegabytes} MB`);
    found.push(`${name} +${added} MB`);
  }
  return found.join(', ');
}

/** Loads the images of this project, and foreign images that this Docker engine has, into the nodes. */
export async function loadImages(settings: ClusterSettings, others: readonly string[]): Promise<string> {
  const [program = '', ...args] = settings.IMAGE_LOADER.split(/\s+/);
  if (program.includes('/') && !existsSync(program))
    throw new Error(`IMAGE_LOADER names ${program}, which does not exist`);
  const images = TARGETS.map(({ name }) => imageName(name));
  for (const image of others) {
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
