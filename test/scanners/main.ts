/** Scans the manifests in k8s/ by programs of others. Without Go kubeconform is left out, and that is said. */
import { Progress } from '../../scripts/stack/progress.ts';
import { goAvailable } from '../support/third-party-definitions.ts';
import { scanByCheckov } from './checkov.ts';
import { scanSchemas } from './scan-schemas.ts';

const progress = new Progress();
let failed = false;

async function scan(name: string, run: () => Promise<string>): Promise<void> {
  try {
    progress.say(`ok      ${name}: ${await run()}`);
  } catch (error) {
    failed = true;
    progress.say(`FAILED  ${name}\n  ${(error as Error).message}`);
  }
}

await scan('checkov', scanByCheckov);
if (await goAvailable()) await scan('kubeconform', scanSchemas);
// At the start of a line, where .ci/run looks for what was not run.
else console.log('NOT RUN: kubeconform. It is built from its Go module, and Go is not on PATH');
process.exitCode = failed ? 1 : 0;
