/** `make test`: runs the suites one after the other and adds up what they counted. `--help` lists them. */
import { spawn } from 'node:child_process';
import { repositoryRoot } from '../scripts/stack/paths.ts';
import { Progress } from '../scripts/stack/progress.ts';
import { kubeAssets } from './support/kube-assets.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Outcome extends Counts {
  /** Names of the tests that failed, as far as the output tells them. */
  readonly failures: readonly string[];
}

interface Suite {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly workingDirectory?: string;
  /** What its tests need and would have no time to make, e.g. by building it. */
  readonly prepare?: () => Promise<unknown>;
  /** What the output says of passed and failed; undefined where it says nothing. */
  readonly count?: (output: string) => Counts | undefined;
}

const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
const TRAINING = `${repositoryRoot}/jobs/training`;

const SUITES: readonly Suite[] = [
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'types', command: ['npm', 'run', '--silent', 'types'] },
  { name: 'structure', command: ['npm', 'run', '--silent', 'structure'] },
  {
    name: 'python-lint',
    command: ['bash', '-c', '.venv/bin/ruff check . && .venv/bin/ruff format --check .'],
    workingDirectory: TRAINING,
  },
  {
    name: 'drift',
    command: ['bash', '-c', 'node charts/main.ts --check && node scripts/write-reference.ts --check'],
  },
  { name: 'unit', command: ['node', ...JEST, '--selectProjects=unit'], count: countJest },
  { name: 'python', command: ['.venv/bin/pytest', '-q'], workingDirectory: TRAINING, count: countPytest },
  {
    name: 'integration',
    command: ['node', ...JEST, '--selectProjects=integration', '--runInBand'],
    prepare: kubeAssets,
    count: countJest,
  },
];

function countJest(output: string): Counts | undefined {
  const line = output.split('\n').findLast((text) => /^Tests:\s/.test(text));
  return line ? { passed: numberBefore(line, 'passed'), failed: numberBefore(line, 'failed') } : undefined;
}

function countPytest(output: string): Counts | undefined {
  const line = output.split('\n').findLast((text) => /\d+ (passed|failed|errors?)\b.* in /.test(text));
  if (line === undefined) return undefined;
  return {
    passed: numberBefore(line, 'passed'),
    failed: numberBefore(line, 'failed') + numberBefore(line, 'error'),
  };
}

/** Jest marks a failed test with a bullet, pytest with a word; each may do so more than once. */
function failedTests(output: string): string[] {
  const names = [...output.matchAll(/^(?: +● |FAILED )(.*)$/gm)].map((match) => match[1] ?? '');
  return [...new Set(names)];
}

function numberBefore(line: string, word: string): number {
  return Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
}

/** A suite whose command fails has at least one failure, whatever it counted. */
async function run(suite: Suite): Promise<Outcome> {
  // Where it can't be made, the tests that need it say so, and the others run.
  await suite.prepare?.().catch((error: Error) => console.error(error.message));
  const [program, ...args] = suite.command;
  const child = spawn(program, args, {
    cwd: suite.workingDirectory ?? repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  let output = '';
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      to.write(text);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const counts = suite.count?.(output);
  if (code === 0) return { ...(counts ?? { passed: 1, failed: 0 }), failures: [] };
  const failed = Math.max(1, counts?.failed ?? 1);
  return { passed: counts?.passed ?? 0, failed, failures: failedTests(output) };
}

async function main(wanted: readonly string[]): Promise<number> {
  const names = SUITES.map(({ name }) => name);
  if (wanted.includes('--help')) {
    console.log(
      `Usage: node test/main.ts [SUITE...]\n\nSuites, in order: ${names.join(', ')} (default: all)`,
    );
    return 0;
  }
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Error(`no suite named ${unknown.join(', ')}; there are: ${names.join(', ')}`);

  const progress = new Progress();
  const failures: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const suite of SUITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    progress.say(`=== ${suite.name}`);
    const outcome = await run(suite);
    passed += outcome.passed;
    failed += outcome.failed;
    if (outcome.failed > 0) failures.push([suite.name, ...outcome.failures].join('\n  '));
  }
  if (failures.length === 0) progress.say('every suite passed');
  for (const failure of failures) console.log(`FAILED  ${failure}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
