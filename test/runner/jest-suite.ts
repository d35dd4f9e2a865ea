import { readJestReport } from './jest-report.ts';
import { npmScript } from './npm-script.ts';
import type { Suite } from './suite.ts';

/** The suite of one project in jest.config.js. `args` are options of jest. */
export function jestSuite(project: string, ...args: readonly string[]): Suite {
  return {
    name: project,
    command: [...npmScript('jest'), '--', `--selectProjects=${project}`, ...args],
    report: { arguments: (file) => ['--json', `--outputFile=${file}`], read: readJestReport },
  };
}
