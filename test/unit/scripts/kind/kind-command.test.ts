import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readKindOptions } from '../../../../scripts/kind/options.ts';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';

const folders: string[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/kind-command-`);
  folders.push(folder);
});

afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true });
});

/** A program on the PATH of the test. */
function program(name: string, script: string): void {
  writeFileSync(`${folder}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Runs scripts/kind/main.ts with the programs of the test alone. */
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${repositoryRoot}/scripts/kind/main.ts`, ...args],
    {
      env: { PATH: folder },
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

test('names every program that is missing, with what to do', () => {
  program('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
  const { status, stderr } = run('create');
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /`docker info` ended with 1 \(Cannot connect to the Docker daemon\): start the Docker engine/,
  );
  expect(stderr).toMatch(/kind is not installed, or not on PATH: install kind: https:/);
  expect(stderr).toMatch(/kubectl is not installed, or not on PATH: install kubectl: https:/);
});

test('creates the cluster with the programs on PATH, and shows its progress', () => {
  program('docker', ':');
  program(
    'kind',
    'echo "kind $*" >&2; if [ "$1" = create ]; then while read -r line; do echo "$line" >&2; done; fi',
  );
  program('kubectl', 'case "$*" in *podCIDR*) echo 10.244.0.0/24;; esac');
  const { status, stdout, stderr } = run('create', '--name', 'mine');
  expect(stderr).toContain('kind create cluster --name mine --config -\nkind: Cluster\n'.split('\n')[0]);
  expect(stderr).toContain('podSubnet: 10.244.0.0/16');
  expect(stderr).toContain('the nodes are ready, and kind-mine is the current context of kubectl');
  expect(stdout).toContain('make test-cluster');
  expect(status).toBe(0);
});

test('prints help and the config without any program', () => {
  expect(run('create', '--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('make kind-delete'),
  });
  expect(run('config')).toMatchObject({ status: 0, stdout: expect.stringContaining('podSubnet') });
});

describe('the command line', () => {
  test('names the cluster of this system by default', () => {
    expect(readKindOptions(['create'])).toEqual({ command: 'create', name: 'loan-eligibility' });
    expect(readKindOptions(['delete', '--name', 'a.b-1'])).toEqual({ command: 'delete', name: 'a.b-1' });
  });

  test.each([
    [['start'], /start: expected one of create, delete, config/],
    [[], /no command: expected/],
    [['create', 'delete'], /create delete: expected/],
    [['create', '--name', 'a b'], /--name "a b": only a-z/],
    [['create', '--name', ''], /--name "": only a-z/],
    [['create', '--nmae', 'x'], /--nmae/],
  ])('refuses %j', (args, message) => {
    expect(() => readKindOptions(args)).toThrow(message);
  });
});
