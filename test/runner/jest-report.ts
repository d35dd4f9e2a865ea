import { relative } from 'node:path';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import type { SuiteResult } from './suite-result.ts';

/** The part that is read of what `jest --json` writes. */
interface JestReport {
  readonly testResults: readonly {
    /** The test file's path. */
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** A test file that fails without a failed test, e.g. because it cannot be loaded, counts as one failure. */
export function readJestReport(json: string): SuiteResult {
  const { testResults } = JSON.parse(json) as JestReport;
  const failures: string[] = [];
  let passed = 0;
  for (const { name, status, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    passed += assertionResults.filter((test) => test.status === 'passed').length;
    failures.push(...failed.map(({ fullName }) => `${relative(repositoryRoot, name)}: ${fullName}`));
    if (status === 'failed' && failed.length === 0) {
      failures.push(`${relative(repositoryRoot, name)}: the file failed outside of its tests`);
    }
  }
  return { passed, failed: failures.length, failures };
}
