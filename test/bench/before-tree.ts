import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import type { Tree } from './tree.ts';

/** Parts of a working tree that Git does not hold. The tree of a revision shares them with the tree of this program. */
const SHARED = ['node_modules', 'jobs/training/.venv'];
/** Programs that older revisions do not have. They import only what those revisions have. */
export const LATER_PROGRAMS = ['decision-bench-worker.ts', 'longest-hold.ts', 'padded-record.ts'];
const LOCK_FILE = 'package-lock.json';

/**
 * Writes the tree of a revision below `.bench/before`, once for each commit. It is a plain folder and not a worktree of
 * Git, so that removing `.bench` leaves nothing behind in the repository.
 * @param revision anything that `git rev-parse` resolves to a commit
 * @throws Error if Git has no such commit, or if its packages differ and are not installed
 */
export function treeBefore(revision: string, root: string): Tree {
  const commit = commitOf(revision, root);
  const short = commit.slice(0, 12);
  const directory = `${root}/.bench/before/${short}`;
  if (!existsSync(directory)) extract(commit, root, directory);
  shareInstalled(root, directory, revision);
  addLaterPrograms(commit, root, directory);
  return { root: directory, revision: short };
}

function commitOf(revision: string, root: string): string {
  const refused = repositoryError(root);
  if (refused !== undefined) throw new Error(`--before=${revision}: ${refused}`);
  const wanted = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${revision}^{commit}`];
  try {
    return git(root, wanted).trim();
  } catch (error) {
    throw new Error(
      `--before=${revision}: Git knows no such commit. Give a branch, a tag or a commit of this repository.`,
      { cause: error },
    );
  }
}

/** Why Git has no revisions of this tree. Undefined if it has. */
function repositoryError(root: string): string | undefined {
  const advice = 'An unpacked release has no revisions. Clone the repository, then measure there.';
  try {
    const prefix = git(root, ['rev-parse', '--show-prefix']).trim();
    if (prefix === '') return undefined;
    return `${root} is no Git repository, but a folder of another repository. ${advice}`;
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    if (code === 'ENOENT') return 'Git is not installed. Install Git, then measure again.';
    return `Git cannot read ${root} (${stderr.trim()}). ${advice}`;
  }
}

/** The folder gets its name last, so that an interruption leaves no partial tree under that name. */
function extract(commit: string, root: string, directory: string): void {
  const partial = `${directory}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const archive = `${partial}.tar`;
  git(root, ['archive', `--output=${archive}`, commit]);
  execFileSync('tar', ['--extract', `--file=${archive}`, `--directory=${partial}`]);
  rmSync(archive);
  renameSync(partial, directory);
}

function shareInstalled(root: string, directory: string, revision: string): void {
  const lockOf = (tree: string) => readFileSync(`${tree}/${LOCK_FILE}`, 'utf8');
  if (!existsSync(`${directory}/node_modules`) && lockOf(root) !== lockOf(directory)) {
    throw new Error(
      `--before=${revision}: its ${LOCK_FILE} differs, so it needs packages of its own. Run \`npm ci\` in ${directory}, then measure again.`,
    );
  }
  for (const path of SHARED) {
    if (!existsSync(`${directory}/${path}`)) symlinkSync(`${root}/${path}`, `${directory}/${path}`);
  }
}

function addLaterPrograms(commit: string, root: string, directory: string): void {
  const known = git(root, ['ls-tree', '-r', '--name-only', commit, '--', 'test/bench']).split('\n');
  for (const path of LATER_PROGRAMS.map((program) => `test/bench/${program}`)) {
    if (!known.includes(path)) copyFileSync(`${root}/${path}`, `${directory}/${path}`);
  }
}

function git(root: string, args: readonly string[]): string {
  return execFileSync('git', ['-C', root, ...args], {
    encoding: 'utf8',
    env: process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
