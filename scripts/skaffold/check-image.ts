/**
 * Custom test of the image in $IMAGE: check-image TARGET. After each build skaffold tests all images that depend on a
 * changed file, and most of them are the same as before.
 */
import { readFileSync } from 'node:fs';
import { mustRun, runProgram } from '../programs/run-program.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { NOTES } from './hook-settings.ts';
import { PassedChecks } from './passed-checks.ts';
import { runHook } from './run-hook.ts';

const CHECK_SECONDS = 110;
const RULES = ['targets', 'check-image'].map((name) => `${repositoryRoot}/scripts/images/${name}.ts`);

await runHook(async () => {
  const [target = ''] = process.argv.slice(2);
  const image = process.env.IMAGE ?? '';
  if (target === '' || image === '')
    throw new Error('check-image needs a target of the Dockerfile as argument, and the image in IMAGE');
  const facts = [target, image, ...RULES.map((file) => readFileSync(file, 'utf8'))];
  const passed = await new PassedChecks(`${NOTES}/checked`).once(facts, async () => {
    const args = [`${repositoryRoot}/scripts/images/check.ts`, target];
    const { stdout } = await mustRun(runProgram, process.execPath, args, { timeoutSeconds: CHECK_SECONDS });
    console.log(stdout.trim());
  });
  if (passed) console.log(`${target}: this image passed before`);
});
