import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { readJestReport } from '../../runner/jest-report.ts';
import { readJunitReport } from '../../runner/junit-report.ts';

function jestReport(...testResults: readonly object[]): string {
  return JSON.stringify({
    testResults: testResults.map((result) => ({ name: `${repositoryRoot}/test/a.test.ts`, ...result })),
  });
}

describe("jest's report", () => {
  test('gives passed and failed tests, by name; skipped tests are neither', () => {
    const report = jestReport({
      status: 'failed',
      assertionResults: [
        { fullName: 'adds', status: 'passed' },
        { fullName: 'divides', status: 'failed' },
        { fullName: 'multiplies', status: 'pending' },
        { fullName: 'subtracts', status: 'todo' },
      ],
    });
    expect(readJestReport(report)).toEqual({
      passed: 1,
      failed: 1,
      failures: ['test/a.test.ts: divides'],
    });
  });

  test('of several files is added up', () => {
    const file = { status: 'passed', assertionResults: [{ fullName: 'adds', status: 'passed' }] };
    expect(readJestReport(jestReport(file, file))).toEqual({ passed: 2, failed: 0, failures: [] });
  });

  test('of a file that cannot be loaded is one failure', () => {
    expect(readJestReport(jestReport({ status: 'failed', assertionResults: [] }))).toEqual({
      passed: 0,
      failed: 1,
      failures: ['test/a.test.ts: the file failed outside of its tests'],
    });
  });
});

describe("pytest's report", () => {
  const report = (...testCases: readonly string[]) =>
    `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="1" tests="3">${testCases.join('')}</testsuite></testsuites>`;

  test('gives passed and failed tests, by name; skipped tests are neither', () => {
    const xml = report(
      '<testcase classname="tests.test_gate" name="test_accepts" time="0.001" />',
      '<testcase classname="tests.test_gate" name="test_refuses[&lt;0.7]" time="0.001"><failure message="assert &lt;error">E</failure></testcase>',
      '<testcase classname="tests.test_gate" name="test_later" time="0"><skipped type="pytest.skip" message="x" /></testcase>',
    );
    expect(readJunitReport(xml)).toEqual({
      passed: 1,
      failed: 1,
      failures: ['tests.test_gate::test_refuses[<0.7]'],
    });
  });

  test('of a file that cannot be collected is one failure', () => {
    const xml = report(
      '<testcase classname="" name="tests.test_gate" time="0"><error message="collection failure">E</error></testcase>',
    );
    expect(readJunitReport(xml)).toEqual({ passed: 0, failed: 1, failures: ['tests.test_gate'] });
  });

  test('counts a test that fails and cannot be cleaned up once', () => {
    const xml = report(
      '<testcase classname="tests.a" name="b"><failure message="m">E</failure><error message="m">E</error></testcase>',
    );
    expect(readJunitReport(xml).failed).toBe(1);
  });
});
