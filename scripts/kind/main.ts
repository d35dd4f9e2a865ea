/** `make kind` and `make kind-delete`. See `--help`. */
import { runProgram } from '../programs/run-program.ts';
import { Progress } from '../stack/progress.ts';
import { KindCluster } from './cluster.ts';
import { clusterConfig } from './cluster-config.ts';
import { checkPrograms } from './needed-programs.ts';
import { KIND_HELP, readKindOptions } from './options.ts';

async function main(args: readonly string[]): Promise<void> {
  const { command, name } = readKindOptions(args);
  if (command === 'help') return console.log(KIND_HELP);
  if (command === 'config') return console.log(clusterConfig().trimEnd());
  await checkPrograms(runProgram, process.env.KIND_EXPERIMENTAL_PROVIDER || undefined);
  const progress = new Progress();
  const cluster = new KindCluster(name, runProgram, (message) => progress.say(message));
  if (command === 'delete') {
    if (!(await cluster.delete())) progress.say(`there is no kind cluster ${name}; nothing was deleted`);
    return;
  }
  await cluster.create();
  console.log('Next: skaffold run, or make test-cluster. See docs/how-to/deploy-kind.md');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`kind: ${(error as Error).message}`);
  process.exitCode = 1;
}
