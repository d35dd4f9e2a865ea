/**
 * Synthesizes each app in DIRECTORY/apps.json into DIRECTORY/<name>, and writes what cdk-nag says to
 * DIRECTORY/<name>/nag-audit.json. It is a program because jest would load the AWS CDK file by file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { infrastructureApp } from '../../../infrastructure/app.ts';
import { auditNag } from './nag-audit.ts';
import type { AppSettings } from './synthesized-stacks.ts';

const [directory = ''] = process.argv.slice(2);
const apps: Record<string, AppSettings> = JSON.parse(readFileSync(`${directory}/apps.json`, 'utf8'));
for (const [name, { environment, context = {} }] of Object.entries(apps)) {
  const outdir = `${directory}/${name}`;
  // The programs of functions are 57 MB, and nobody reads them here.
  const app = infrastructureApp(environment, {
    outdir,
    context: { ...context, 'aws:cdk:disable-asset-staging': true },
  });
  app.synth();
  writeFileSync(`${outdir}/nag-audit.json`, JSON.stringify(auditNag(app)));
}
// The CDK asks for exit code 1 if a rule is broken. The tests read its report instead.
process.exitCode = 0;
