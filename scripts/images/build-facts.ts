import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { RunProgram } from '../programs/run-program.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { BASE_IMAGES } from './base-images.ts';
import type { BuildFacts, BuildLabels } from './plan.ts';
import type { BuildSettings } from './settings.ts';

const QUICK = { timeoutSeconds: 30, workingDirectory: repositoryRoot };

/** Asks Docker and git what a build needs to know. */
export async function buildFacts(run: RunProgram, settings: BuildSettings): Promise<BuildFacts> {
  const { DOCKER, NODE_IMAGE, PYTHON_IMAGE } = settings;
  const buildx = (await run(DOCKER, ['buildx', 'version'], QUICK)).code === 0;
  const madeHere = async (kind: 'node' | 'python') => {
    const inspect = ['image', 'inspect', '--format={{json .RepoDigests}}', BASE_IMAGES[kind].tag];
    const { code, stdout } = await run(DOCKER, inspect, QUICK);
    return code === 0 && z.array(z.string()).nullable().parse(JSON.parse(stdout))?.length === 0;
  };
  return {
    buildx,
    bases: {
      node: { chosen: NODE_IMAGE, madeHere: NODE_IMAGE === undefined && (await madeHere('node')) },
      python: { chosen: PYTHON_IMAGE, madeHere: PYTHON_IMAGE === undefined && (await madeHere('python')) },
    },
    labels: await buildLabels(run, settings.SOURCE),
  };
}

/** @param source URL of the sources. Undefined: as git tells. */
export async function buildLabels(run: RunProgram, source: string | undefined): Promise<BuildLabels> {
  return {
    version: packageVersion(),
    ...(await commitLabels(run)),
    source: source ?? (await sourceUrl(run)),
  };
}

function packageVersion(): string {
  const text = readFileSync(`${repositoryRoot}/package.json`, 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** A clone without git, or an unpacked archive, has no commit: the labels are then left out. */
async function commitLabels(run: RunProgram): Promise<Pick<BuildLabels, 'revision' | 'created'>> {
  const git = (args: readonly string[]) => run('git', args, QUICK).catch(() => ({ code: null, stdout: '' }));
  const shown = await git(['log', '-1', '--format=%H %ct']);
  const found = /^([0-9a-f]{40,64}) (\d+)$/.exec(shown.stdout.trim());
  if (shown.code !== 0 || found === null) return {};
  const [, revision = '', seconds = ''] = found;
  const { stdout: changes } = await git(['status', '--porcelain', '--untracked-files=no']);
  return {
    revision: changes.trim() === '' ? revision : `${revision}-dirty`,
    created: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z'),
  };
}

/** URL of the remote `origin`. A remote by SSH, or with a user in its URL, tells no URL that others may open. */
async function sourceUrl(run: RunProgram): Promise<string | undefined> {
  const { code, stdout } = await run('git', ['remote', 'get-url', 'origin'], QUICK).catch(() => ({
    code: null,
    stdout: '',
  }));
  const url = stdout.trim();
  return code === 0 && /^https:\/\/[^@\s]+$/.test(url) ? url.replace(/\.git$/, '') : undefined;
}
