/**
 * The CDK app for a deployment to ministack: `infrastructure/main.ts` with the settings in the file SETTINGS instead of
 * the selected ones, and without what ministack refuses.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { infrastructureApp } from '../../../infrastructure/app.ts';
import { deployable } from './deployable-template.ts';
import { EMULATOR_GAPS } from './emulator-gaps.ts';

const [settings = ''] = process.argv.slice(2);
const assembly = infrastructureApp(JSON.parse(readFileSync(settings, 'utf8'))).synth();
for (const { template, templateFullPath } of assembly.stacks) {
  writeFileSync(templateFullPath, JSON.stringify(deployable(template, EMULATOR_GAPS.ministack.refused)));
}
