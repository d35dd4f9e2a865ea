import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';

/** Programs of the system that the script itself uses. */
const SYSTEM = [
  'awk',
  'bash',
  'dirname',
  'grep',
  'head',
  'ls',
  'mktemp',
  'realpath',
  'rm',
  'tee',
  'timeout',
  'sleep',
  'cat',
];

const folders: string[] = [];
let home: string;

beforeEach(() => {
  home = mkdtempSync(`${tmpdir()}/ci-run-`);
  folders.push(home);
  for (const folder of ['repo/.ci', 'bin']) mkdirSync(`${home}/${folder}`, { recursive: true });
  copyFileSync(`${repositoryRoot}/.ci/run`, `${home}/repo/.ci/run`);
  for (const name of SYSTEM) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), `${home}/bin/${name}`);
  }
  program(
    'bin/make',
    'case "$1" in test) echo "5 passed, 0 failed";; test-cluster) echo "40 passed, 0 failed";; esac',
  );
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A stand-in, which notes its command line and then does what the script says. */
function program(path: string, script = ':'): void {
  mkdirSync(dirname(`${home}/${path}`), { recursive: true });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell puts it in
  const kubeconfig = '${KUBECONFIG:+ (own kubeconfig)}';
  const note = `echo "${path.replace('bin/', '')} $*${kubeconfig}" >>'${home}/calls'`;
  // The file may be a link to a program of the system, which must not be written through.
  rmSync(`${home}/${path}`, { force: true });
  writeFileSync(`${home}/${path}`, `#!${home}/bin/bash\n${note}\n${script}\n`, { mode: 0o755, flag: 'wx' });
}

function kindOnPath(): void {
  for (const name of ['kind', 'kubectl', 'docker', 'skaffold']) program(`bin/${name}`);
}

/** A cluster beside the repository, as on the machine of the maintainers. */
function clusterBeside(): void {
  program('shared/cluster/up', '[ "$*" = --assets ] || echo "export KUBECONFIG=/nowhere"');
  for (const name of ['base-images', 'down', 'load']) program(`shared/cluster/${name}`);
  program('bin/pgrep', 'echo 4711');
}

function run() {
  const { status, stdout } = spawnSync(`${home}/bin/bash`, [`${home}/repo/.ci/run`], {
    env: { PATH: `${home}/bin`, TMPDIR: home },
    encoding: 'utf8',
    timeout: 60_000,
  });
  const calls = existsSync(`${home}/calls`) ? readFileSync(`${home}/calls`, 'utf8').trim().split('\n') : [];
  return { status, stdout, lines: stdout.trim().split('\n'), calls };
}

const own = (line: string) => `${line} (own kubeconfig)`;
const CI = 'KIND=--name loan-eligibility-ci';

// The script is for Linux, where `tee` and `timeout` have these options.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('without a cluster', () => {
  test('only make test runs, and all that was not run is told at the end', () => {
    const { status, lines, calls } = run();
    expect(calls).toEqual(['make test']);
    expect(lines.slice(-3)).toEqual([
      'NOT RUN: the cluster test on the cluster of this machine. There is none',
      'NOT RUN: the cluster test on kind, skaffold run and skaffold verify: kind is not on PATH; kubectl is not on PATH; docker is not on PATH',
      '5 passed, 0 failed',
    ]);
    expect(status).toBe(0);
  });

  test('a failure of make test is told, counted, and ends the script with 1', () => {
    program('bin/make', 'printf "noise\\nFAILED  unit\\n  a test\\nnoise\\n4 passed, 1 failed\\n"; exit 2');
    const { status, stdout } = run();
    expect(stdout).toMatch(
      /\nFAILED {2}unit\n {2}a test\nNOT RUN: [^\n]*\nNOT RUN: [^\n]*\n4 passed, 1 failed\n$/,
    );
    expect(status).toBe(1);
  });
});

onLinux('with kind and skaffold', () => {
  beforeEach(kindOnPath);

  test('a cluster of its own is created, skaffold deploys and verifies, the cluster test runs, and the cluster is deleted', () => {
    const { status, lines, calls } = run();
    expect(calls.filter((line) => !line.startsWith('docker'))).toEqual([
      'make test',
      own(`make kind ${CI}`),
      own('skaffold run'),
      own('skaffold verify'),
      own('skaffold delete'),
      own('make test-cluster'),
      own(`make kind-delete ${CI}`),
    ]);
    // 5 tests, 40 steps of the cluster test, and 4 commands.
    expect(lines.at(-1)).toBe('49 passed, 0 failed');
    expect(status).toBe(0);
  });

  test('a failed deployment is told and counted, and the cluster test still runs', () => {
    program('bin/skaffold', 'if [ "$1" = run ]; then echo "no space left"; exit 3; fi');
    const { status, stdout, calls } = run();
    expect(calls).not.toContain(own('skaffold verify'));
    expect(calls).toContain(own('make test-cluster'));
    expect(stdout).toMatch(/\nFAILED {2}skaffold run\n {2}`skaffold run` ended with 3\n/);
    expect(stdout.trim()).toMatch(/\n47 passed, 1 failed$/);
    expect(status).toBe(1);
  });

  test('a cluster that does not come ends this part, and what is there of the cluster is deleted', () => {
    program('bin/make', 'case "$1" in test) echo "5 passed, 0 failed";; kind) exit 1;; esac');
    const { status, stdout, calls } = run();
    expect(calls.filter((line) => /^(make|skaffold) /.test(line))).toEqual([
      'make test',
      own(`make kind ${CI}`),
      own(`make kind-delete ${CI}`),
    ]);
    expect(stdout.trim()).toMatch(/FAILED {2}make kind\n[\s\S]*\n5 passed, 1 failed$/);
    expect(status).toBe(1);
  });

  test('a command that hangs is ended', () => {
    program(
      'bin/timeout',
      'while [[ $1 == --* ]]; do shift; done; shift; [[ "$*" != "skaffold run" ]] || exit 124; "$@"',
    );
    const { status, stdout } = run();
    expect(stdout).toMatch(/skaffold run did not end within 1800 s\nFAILED {2}skaffold run\n/);
    expect(status).toBe(1);
  });

  test.each([
    ['skaffold', () => rmSync(`${home}/bin/skaffold`), 'skaffold is not on PATH'],
    ['buildx', () => program('bin/docker', '[ "$1" != buildx ]'), 'the Docker client has no buildx'],
  ])('without %s the cluster test runs on kind, and skaffold is told as not run', (_, remove, reason) => {
    remove();
    const { status, lines, calls } = run();
    expect(lines).toContain(`NOT RUN: skaffold run and skaffold verify on kind: ${reason}`);
    expect(calls.some((line) => line.startsWith('skaffold'))).toBe(false);
    expect(calls).toContain(own('make test-cluster'));
    expect(lines.at(-1)).toBe('46 passed, 0 failed');
    expect(status).toBe(0);
  });

  test('without a Docker engine nothing of kind is tried', () => {
    program('bin/docker', '[ "$1" != info ]');
    const { lines, calls } = run();
    expect(lines.at(-2)).toMatch(/^NOT RUN: the cluster test on kind.*: no Docker engine answers$/);
    expect(calls.some((line) => /make kind/.test(line))).toBe(false);
  });
});

onLinux('with a cluster beside the repository', () => {
  beforeEach(clusterBeside);

  test('the cluster test runs there with its loader, must prove the NetworkPolicies, and the cluster is taken down', () => {
    program(
      'bin/make',
      'case "$1" in test) echo "5 passed, 0 failed";; test-cluster) echo "loader $IMAGE_LOADER, $WITHOUT, $REQUIRE_NETWORK_POLICIES, $STOP_API_SERVER"; echo "39 passed, 1 failed"; exit 1;; esac',
    );
    const { status, lines, calls } = run();
    expect(lines).toContain(`loader ${home}/shared/cluster/load, grafana, true, kill -STOP 4711`);
    expect(calls).toContain(own('shared/cluster/down '));
    expect(lines.at(-1)).toBe('44 passed, 1 failed');
    expect(status).toBe(1);
  });

  test('kind gets none of the settings of that cluster', () => {
    kindOnPath();
    program(
      'bin/make',
      'case "$1" in test) echo "5 passed, 0 failed";; test-cluster) echo "with <$IMAGE_LOADER> <$STOP_API_SERVER>"; echo "40 passed, 0 failed";; esac',
    );
    const { lines } = run();

    const [beside, kind] = lines.filter((line) => line.startsWith('with '));
    expect(beside).toMatch(/^with <.*shared\/cluster\/load> <kill -STOP 4711>$/);
    expect(kind).toBe('with <> <>');
    expect(lines.at(-1)).toBe('89 passed, 0 failed');
  });
});
