import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { treeBefore } from '../../bench/before-tree.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/before-tree-`);
  git('init', '--quiet');
  commit({ 'package-lock.json': 'packages 1', 'program.ts': 'old' });
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
  mkdirSync(`${root}/jobs/training`, { recursive: true });
  writeFileSync(`${root}/jobs/training/pyproject.toml`, '');
  for (const [name, text] of Object.entries(files)) writeFileSync(`${root}/${name}`, text);
  git('add', '--', 'jobs/training/pyproject.toml', ...Object.keys(files));
  git('commit', '--quiet', '--message=change');
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
