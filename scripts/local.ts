/** `make local`: runs the stack of the demo until Ctrl-C. Models stay in `.local`, records do not. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CHAMPION_ALIAS } from '../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { ModelRegistry } from '../services/shared/mlflow/model-registry.ts';
import { removeLeaseFile } from '../services/stream/remove-lease-file.ts';
import { LOCAL_HELP, readLocalOptions } from './local-options.ts';
import { startInference } from './stack/inference.ts';
import { repositoryRoot } from './stack/paths.ts';
import { Progress } from './stack/progress.ts';
import { runWithStack } from './stack/run-with-stack.ts';
import { startServers } from './stack/start-servers.ts';
import { generateApplications, QUICK, runTraining } from './stack/training.ts';

const directory = `${repositoryRoot}/.local`;
const leaseFile = `${directory}/leases.json`;
const endpointsFile = `${directory}/endpoints.json`;

const options = await readLocalOptions(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`error: ${(error as Error).message}\n\n${LOCAL_HELP}`);
  process.exit(2);
});
if (options.help) {
  console.log(LOCAL_HELP);
  process.exit(0);
}
const { modelName } = options;
const schemaArguments = options.schema === undefined ? [] : [`--schema=${options.schema}`];

await runWithStack(async (stack) => {
  const progress = new Progress();
  await mkdir(directory, { recursive: true });
  const { mlflow, kinesis } = await startServers(stack, directory, progress);
  // The emulator starts empty, so positions of an earlier run mean nothing.
  await removeLeaseFile(leaseFile);

  const champion = await new ModelRegistry({ url: mlflow.url }).resolveAlias(modelName, CHAMPION_ALIAS);
  if (champion === undefined) {
    progress.say(`${modelName} has no champion yet: training the first model`);
    const trained = await runTraining({
      mlflowUrl: mlflow.url,
      directory,
      name: 'first',
      arguments: [
        ...schemaArguments,
        `--data=${options.data}`,
        ...QUICK,
        '--promote=if-not-worse',
        ...options.trainingArguments,
      ],
    });
    progress.say(`version ${trained.version}: ${trained.reason}`);
    if (!trained.promoted) {
      throw new Error(
        `the first model was not promoted, so nothing can decide: ${trained.reason}. To serve the model all the same, add: -- --promote=always`,
      );
    }
  } else if (process.argv.includes('--data')) {
    progress.say(
      `version ${champion} of ${modelName} is the champion already, so --data is not read; use make train`,
    );
  }

  const streams = STREAM_NAMES;
  const inference = stack.use(
    await startInference({
      directory,
      mlflowUrl: mlflow.url,
      kinesisUrl: kinesis.url,
      streams,
      environment: { MODEL_NAME: modelName },
    }),
  );
  await inference.ready(60_000);
  const [application] = await generateApplications({
    directory,
    rows: 1,
    seed: 7,
    arguments: schemaArguments,
  });
  const endpoints = {
    kinesis: kinesis.url,
    mlflow: mlflow.url,
    inference: inference.url,
    streams,
    leaseFile,
    application,
  };
  await writeFile(endpointsFile, `${JSON.stringify(endpoints, null, 2)}\n`);
  stack.defer(() => rm(endpointsFile, { force: true }));

  console.log(`
  MLflow     ${mlflow.url}
  Kinesis    ${kinesis.url}   (${streams.input} → ${streams.output}, ${streams.rejects})
  inference  ${inference.url}   /predict  /v2/models/${modelName}  /docs  /readyz  /metrics

  Try it in another terminal:  make e2e   make stream STREAM=list
  Logs and state: .local/   Stop: Ctrl-C
`);
  const code = await inference.process.exit();
  throw new Error(`inference exited with ${code}\n${inference.process.logTail()}`);
});
