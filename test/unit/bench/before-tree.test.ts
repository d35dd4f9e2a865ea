import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LATER_PROGRAMS, treeBefore } from '../../bench/before-tree.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/before-tree-`);
  git('init', '--quiet');
  commit({
    'package-lock.json': 'packages 1',
    'program.ts': 'old',
    'jobs/training/pyproject.toml': '',
    'test/bench/main.ts': '',
  });
  writeLaterPrograms('1');
  for (const path of ['node_modules', 'jobs/training/.venv'])
    mkdirSync(`${root}/${path}`, { recursive: true });
  writeFileSync(`${root}/node_modules/package`, 'installed');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function git(...args: readonly string[]): string {
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid'];
  return execFileSync('git', ['-C', root, ...author, ...args], { encoding: 'utf8' });
}

function commit(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(`${root}/${name}`), { recursive: true });
    writeFileSync(`${root}/${name}`, text);
  }
  git('add', '--', ...Object.keys(files));
  git('commit', '--quiet', '--message=change');
}

/** They are in no commit yet. */
function writeLaterPrograms(text: string): void {
  for (const program of LATER_PROGRAMS) writeFileSync(`${root}/test/bench/${program}`, text);
}

test('writes the files of the revision, and shares the installed packages', () => {
  commit({ 'program.ts': 'new' });
  const tree = treeBefore('HEAD~1', root);
  expect(tree.revision).toBe(git('rev-parse', '--short=12', 'HEAD~1').trim());
  expect(readFileSync(`${tree.root}/program.ts`, 'utf8')).toBe('old');
  expect(readFileSync(`${tree.root}/node_modules/package`, 'utf8')).toBe('installed');
  expect(existsSync(`${tree.root}/jobs/training/.venv`)).toBe(true);
  expect(readFileSync(`${root}/program.ts`, 'utf8')).toBe('new');
});

test('takes the same folder again for the same commit', () => {
  const { root: first } = treeBefore('HEAD', root);
  writeFileSync(`${first}/model`, 'made once');
  expect(readFileSync(`${treeBefore('HEAD', root).root}/model`, 'utf8')).toBe('made once');
});

test('adds the programs that the revision does not have, as this tree has them now', () => {
  const read = () => {
    const { root: folder } = treeBefore('HEAD', root);
    return LATER_PROGRAMS.map((program) => readFileSync(`${folder}/test/bench/${program}`, 'utf8'));
  };
  expect(read()).toEqual(['1', '1', '1']);
  writeLaterPrograms('2');
  expect(read()).toEqual(['2', '2', '2']);
  commit({ [`test/bench/${LATER_PROGRAMS[0]}`]: 'own' });
  expect(read()).toEqual(['own', '2', '2']);
});

test('refuses a revision with other packages, until they are installed in its folder', () => {
  commit({ 'package-lock.json': 'packages 2' });
  const folder = `${root}/.bench/before/${git('rev-parse', '--short=12', 'HEAD~1').trim()}`;
  const measure = () => treeBefore('HEAD~1', root);
  const advice = `--before=HEAD~1: its package-lock.json differs, so it needs packages of its own. Run \`npm ci\` in ${folder}, then measure again.`;
  expect(measure).toThrow(advice);
  expect(measure).toThrow(advice);
  mkdirSync(`${folder}/node_modules`);
  expect(measure().root).toBe(folder);
});

test.each(['nowhere', '--all', 'HEAD:program.ts'])('says that %s is no commit', (revision) => {
  expect(() => treeBefore(revision, root)).toThrow(`--before=${revision}: Git knows no such commit`);
});

test('says that an unpacked release is no repository', () => {
  rmSync(`${root}/.git`, { recursive: true });
  const measure = () => treeBefore('HEAD', root);
  expect(measure).toThrow(`--before=HEAD: Git cannot read ${root} (fatal: not a git repository`);
  expect(measure).toThrow('An unpacked release has no revisions. Clone the repository, then measure there.');
});

test('does not take the revisions of a repository around an unpacked release', () => {
  const release = `${root}/release`;
  mkdirSync(release);
  expect(() => treeBefore('HEAD', release)).toThrow(
    `${release} is no Git repository, but a folder of another`,
  );
  expect(existsSync(`${release}/.bench`)).toBe(false);
});

test('says that Git is not installed', () => {
  const { PATH } = process.env;
  process.env.PATH = root;
  try {
    expect(() => treeBefore('HEAD', root)).toThrow('--before=HEAD: Git is not installed.');
  } finally {
    process.env.PATH = PATH;
  }
});
