import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';

const run = promisify(execFile);
const SYNTHESIS_MILLISECONDS = 180_000;
const LONGEST_OUTPUT_BYTES = 32 * 1024 * 1024;

export interface AppSettings {
  readonly environment: AwsEnvironment;
  /** As `--context` of the CDK's command line. */
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * Synthesizes apps in a process of its own.
 * @returns the directory of each app's cloud assembly, by the app's name
 * @throws Error with what the program printed, if it fails
 */
export async function synthesize(
  directory: string,
  apps: Readonly<Record<string, AppSettings>>,
): Promise<Record<string, string>> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/apps.json`, JSON.stringify(apps));
  await run(process.execPath, [`${repositoryRoot}/test/support/aws/synthesize.ts`, directory], {
    timeout: SYNTHESIS_MILLISECONDS,
    // As under the CDK's command line: a broken rule is in the report, and is no exception.
    env: { ...process.env, CDK_APP_MODE: 'process' },
    maxBuffer: LONGEST_OUTPUT_BYTES,
  });
  return Object.fromEntries(Object.keys(apps).map((name) => [name, `${directory}/${name}`]));
}

/** Paths of the templates in a cloud assembly, by the stack's id in the app. */
export function templateFiles(assembly: string): Record<string, string> {
  const files = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  return Object.fromEntries(files.map((file) => [basename(file, '.template.json'), `${assembly}/${file}`]));
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8'));
}
