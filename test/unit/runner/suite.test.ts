import { describe, expect, test } from '@jest/globals';
import { readJestReport } from '../../runner/jest-report.ts';
import { runSuite, type Suite } from '../../runner/suite.ts';

/** Runs `script` as the command, which gets the report's path as `process.argv[1]`. */
function run(script: string, options: Partial<Suite> = {}) {
  return runSuite({ name: 'a', command: [process.execPath, '-e', script], ...options });
}

const withReport: Partial<Suite> = { report: { arguments: (file) => [file], read: readJestReport } };

function writes(...statuses: readonly string[]): string {
  const assertionResults = statuses.map((status) => ({ fullName: status, status }));
  const report = { testResults: [{ name: '/a', status: 'passed', assertionResults }] };
  return `require('node:fs').writeFileSync(process.argv[1], ${JSON.stringify(JSON.stringify(report))});`;
}

describe('a suite without a report', () => {
  test('is one test', async () => {
    expect(await run('')).toEqual({ passed: 1, failed: 0, failures: [] });
    expect(await run('process.exit(2)')).toEqual({
      passed: 0,
      failed: 1,
      failures: ['the command ended with code 2'],
    });
  });
});

describe('a suite with a report', () => {
  test('is what its report counts', async () => {
    expect(await run(writes('passed', 'passed'), withReport)).toMatchObject({ passed: 2, failed: 0 });
    expect(await run(`${writes('passed', 'failed')} process.exit(1)`, withReport)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  test('has a failure if its command fails after tests that passed', async () => {
    expect(await run(`${writes('passed')} process.kill(process.pid, 'SIGKILL')`, withReport)).toEqual({
      passed: 1,
      failed: 1,
      failures: ['the command was ended by a signal'],
    });
  });

  test('has a failure if its command writes none, or half of one', async () => {
    for (const script of ['', 'process.exit(1)', "require('node:fs').writeFileSync(process.argv[1], '{')"]) {
      expect(await run(script, withReport)).toEqual({
        passed: 0,
        failed: 1,
        failures: [expect.stringContaining('the command wrote no report that can be read')],
      });
    }
  });
});

describe('a suite whose preparation fails', () => {
  test('runs, and has the problem as a failure of its own', async () => {
    const prepare = async () => ({ variables: { MISSING: 'etcd' }, problem: 'No etcd: install it' });
    const script = `if (process.env.MISSING === 'etcd') { ${writes('passed')} }`;
    expect(await run(script, { ...withReport, prepare })).toEqual({
      passed: 1,
      failed: 1,
      failures: ['No etcd: install it'],
    });
  });
});
