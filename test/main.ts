/** `make test`: runs the suites one after the other and adds up what they counted. `--help` lists them. */
import { Progress } from '../scripts/stack/progress.ts';
import { runSuite } from './runner/suite.ts';
import { SUITES } from './runner/suites.ts';

async function main(wanted: readonly string[]): Promise<number> {
  const names = SUITES.map(({ name }) => name);
  if (wanted.includes('--help')) {
    console.log(
      `Usage: node test/main.ts [SUITE...]\n\nSuites, in order: ${names.join(', ')} (default: all)`,
    );
    return 0;
  }
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`there is no suite ${unknown.join(', ')}; name some of ${names.join(', ')}`);
  }

  const progress = new Progress();
  const failures: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const suite of SUITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    progress.say(`=== ${suite.name}`);
    const result = await runSuite(suite);
    passed += result.passed;
    failed += result.failed;
    if (result.failed > 0) failures.push([suite.name, ...result.failures].join('\n  '));
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
