/** `make local`: runs the stack of the demo until Ctrl-C. Models stay in `.local`, records do not. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CHAMPION_ALIAS, SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { ModelRegistry } from '../services/shared/mlflow/model-registry.ts';
import { removeLeaseFile } from '../services/stream/remove-lease-file.ts';
import { startInference } from './stack/inference.ts';
import { repositoryRoot } from './stack/paths.ts';
import { Progress } from './stack/progress.ts';
import { runWithStack } from './stack/run-with-stack.ts';
import { startServers } from './stack/start-servers.ts';
import { QUICK, runTraining } from './stack/training.ts';

const directory = `${repositoryRoot}/.local`;
const leaseFile = `${directory}/leases.json`;
const endpointsFile = `${directory}/endpoints.json`;

await runWithStack(async (stack) => {
  const progress = new Progress();
  await mkdir(directory, { recursive: true });
  const { mlflow, kinesis } = await startServers(stack, directory, progress);
  // The emulator starts empty, so positions of an earlier run mean nothing.
  await removeLeaseFile(leaseFile);

  const champion = await new ModelRegistry({ url: mlflow.url }).resolveAlias(SYSTEM_NAME, CHAMPION_ALIAS);
  if (champion === undefined) {
    progress.say('no champion yet: training the first model');
    const trained = await runTraining({
      mlflowUrl: mlflow.url,
      directory,
      name: 'first',
      arguments: ['--data=synthetic:614:7', ...QUICK, '--promote=if-not-worse'],
    });
    progress.say(`version ${trained.version}: ${trained.reason}`);
  }

  const streams = STREAM_NAMES;
  const inference = stack.use(
    await startInference({ directory, mlflowUrl: mlflow.url, kinesisUrl: kinesis.url, streams }),
  );
  await inference.ready(60_000);
  const endpoints = {
    kinesis: kinesis.url,
    mlflow: mlflow.url,
    inference: inference.url,
    streams,
    leaseFile,
  };
  await writeFile(endpointsFile, `${JSON.stringify(endpoints, null, 2)}\n`);
  stack.defer(() => rm(endpointsFile, { force: true }));

  console.log(`
  MLflow     ${mlflow.url}
  Kinesis    ${kinesis.url}   (${streams.input} → ${streams.output}, ${streams.rejects})
  inference  ${inference.url}   /predict  /v2/models/${SYSTEM_NAME}  /docs  /readyz  /metrics

  Try it in another terminal:  make e2e   make stream STREAM=list
  Logs and state: .local/   Stop: Ctrl-C
`);
  const code = await inference.process.exit();
  throw new Error(`inference exited with ${code}\n${inference.process.logTail()}`);
});
