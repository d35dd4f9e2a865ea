import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import type { Template } from './template-values.ts';

const run = promisify(execFile);
const SYNTHESIS_MILLISECONDS = 180_000;
const LONGEST_OUTPUT_BYTES = 32 * 1024 * 1024;
/** Stacks with policies that the tests evaluate. */
const STACKS = ['data', 'access'];

/** The templates of data and access for each environment, by its name. They are synthesized into `directory`. */
export async function synthesizedTemplates<Name extends string>(
  directory: string,
  environments: Readonly<Record<Name, AwsEnvironment>>,
): Promise<Readonly<Record<Name, readonly Template[]>>> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/environments.json`, JSON.stringify(environments));
  await run(process.execPath, [`${repositoryRoot}/test/support/iam/synthesize.ts`, directory], {
    timeout: SYNTHESIS_MILLISECONDS,
    // As under the CDK's command line: a broken rule is in the report, and is no exception.
    env: { ...process.env, CDK_APP_MODE: 'process' },
    maxBuffer: LONGEST_OUTPUT_BYTES,
  });
  const read = (name: string): Template[] =>
    STACKS.map((stack) => JSON.parse(readFileSync(`${directory}/${name}/${stack}.template.json`, 'utf8')));
  return Object.fromEntries(Object.keys(environments).map((name) => [name, read(name)])) as Record<
    Name,
    Template[]
  >;
}
