import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import type { SuiteResult } from './suite-result.ts';

interface Report {
  /** Arguments that make the command write its report to `file`. */
  readonly arguments: (file: string) => readonly string[];
  readonly read: (text: string) => SuiteResult;
}

export interface Preparation {
  /** Environment variables for the command. */
  readonly variables: Readonly<Record<string, string>>;
  /** What could not be made, and what to do. It counts as a failure, beside those of the tests that need it. */
  readonly problem?: string;
}

export interface Suite {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly workingDirectory?: string;
  /** @default none: the suite counts as one test */
  readonly report?: Report;
  /** Makes what the tests need and would have no time to make. */
  readonly prepare?: () => Promise<Preparation>;
}

/** Runs the suite's command, which writes its progress to this process's own output. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  const directory = mkdtempSync(`${tmpdir()}/suite-`);
  const file = `${directory}/report`;
  try {
    const { variables, problem } = (await suite.prepare?.()) ?? { variables: {} };
    const code = await run(suite, suite.report?.arguments(file) ?? [], variables);
    const result = resultOf(code, suite.report ? reported(suite.report, file) : ONE_TEST);
    return problem === undefined ? result : addedUp(failure(problem), result);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const ONE_TEST: SuiteResult = { passed: 1, failed: 0, failures: [] };

/** A command that fails has at least one failure, whatever was reported. `code` is null if a signal ended it. */
function resultOf(code: number | null, reported: SuiteResult): SuiteResult {
  if (code === 0 || reported.failed > 0) return reported;
  const end = failure(
    code === null ? 'the command was ended by a signal' : `the command ended with code ${code}`,
  );
  return reported === ONE_TEST ? end : addedUp(end, reported);
}

function reported(report: Report, file: string): SuiteResult {
  try {
    return report.read(readFileSync(file, 'utf8'));
  } catch (error) {
    return failure(`the command wrote no report that can be read: ${(error as Error).message}`);
  }
}

function failure(name: string): SuiteResult {
  return { passed: 0, failed: 1, failures: [name] };
}

function addedUp(one: SuiteResult, other: SuiteResult): SuiteResult {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    failures: [...one.failures, ...other.failures],
  };
}

function run(
  { command: [program, ...args], workingDirectory = repositoryRoot }: Suite,
  reportArguments: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<number | null> {
  const child = spawn(program, [...args, ...reportArguments], {
    cwd: workingDirectory,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...variables },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
