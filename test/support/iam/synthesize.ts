/**
 * Synthesizes the stacks of each environment in DIRECTORY/environments.json into DIRECTORY/<name>. It is a program because
 * jest would load the AWS CDK file by file.
 */
import { readFileSync } from 'node:fs';
import { infrastructureApp } from '../../../infrastructure/app.ts';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';

const [directory = ''] = process.argv.slice(2);
const environments: Record<string, AwsEnvironment> = JSON.parse(
  readFileSync(`${directory}/environments.json`, 'utf8'),
);
for (const [name, environment] of Object.entries(environments))
  infrastructureApp(environment, { outdir: `${directory}/${name}` }).synth();
// The CDK asks for exit code 1 if a rule is broken. Other tests look at the rules.
process.exitCode = 0;
