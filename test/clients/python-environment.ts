import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../../scripts/stack/kube-assets/file-lock.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

const run = promisify(execFile);

const CACHE = `${repositoryRoot}/.cache/python`;

/** Time for a first installation, with its downloads, on a busy machine. A hook that installs needs a longer limit. */
const INSTALL_MILLISECONDS = 300_000;

/** Last lines of what a failed installation printed that an error shows. */
const SAID_LINES = 5;

/**
 * Packages as wheels, without what they name as dependencies. mlserver excludes new releases of Python because of one of
 * its dependencies.
 */
const LISTED_ALONE = ['--no-deps', '--only-binary=:all:', '--ignore-requires-python'];

/**
 * Programs of a virtual environment of its own with the pinned packages of a file. It is made once, and again if the file
 * changes. The packages stay out of the training environment, because they need other versions of what it has.
 * @param requirements path of the requirements file, relative to the repository's root
 * @param options.complete true if the file lists every package, so that pip resolves nothing
 * @param options.cache directory that keeps the environments
 * @returns the environment's `bin` directory
 */
export async function pythonEnvironment(
  requirements: string,
  {
    complete: isComplete = false,
    cache = CACHE,
  }: { readonly complete?: boolean; readonly cache?: string } = {},
): Promise<string> {
  const file = resolve(repositoryRoot, requirements);
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
  const environment = `${cache}/${basename(requirements, '.txt')}-${digest}`;
  const bin = `${environment}/bin`;
  const complete = `${environment}/.complete`;
  await withFileLock(`${environment}.lock`, async () => {
    if (existsSync(complete)) return;
    // An installation that was interrupted leaves half an environment.
    rmSync(environment, { recursive: true, force: true });
    await install(environment, file, isComplete ? LISTED_ALONE : []);
    writeFileSync(complete, '');
  });
  return bin;
}

async function install(environment: string, requirements: string, more: readonly string[]): Promise<void> {
  const options = { timeout: INSTALL_MILLISECONDS, env: process.env };
  try {
    await run('python3', ['-m', 'venv', environment], options);
    const args = ['--quiet', '--disable-pip-version-check', ...more, '--requirement', requirements];
    await run(`${environment}/bin/pip`, ['install', ...args], options);
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    const said = (stderr || message).trim().split('\n').slice(-SAID_LINES).join('\n');
    throw new Error(
      `the Python packages of ${requirements} were not installed within ${INSTALL_MILLISECONDS / 1000} s: ${said}\n` +
        'They come once from the Python package index. Give access to it, or name a mirror in PIP_INDEX_URL.',
      { cause: error },
    );
  }
}
