/** `make local ROLLOUT=1`: the local stack with the rollout operator, left running until Ctrl-C. Without a cluster. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CHAMPION_ALIAS } from '../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { LOCAL_HELP, readLocalOptions } from './local-options.ts';
import { writePublicKeys } from './rollout/demo-signer.ts';
import { startSignedRollout } from './rollout/start-signed-rollout.ts';
import { Traffic } from './rollout/traffic.ts';
import { repositoryRoot } from './stack/paths.ts';
import { Progress } from './stack/progress.ts';
import { runWithStack } from './stack/run-with-stack.ts';
import { generateApplications, QUICK, runTraining } from './stack/training.ts';

const directory = `${repositoryRoot}/.local`;
const endpointsFile = `${directory}/endpoints.json`;
const streams = STREAM_NAMES;
const APPLICATIONS = 2_000;
const RECORDS_A_SECOND = 20;

const options = await readLocalOptions(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`error: ${(error as Error).message}\n\n${LOCAL_HELP}`);
  process.exit(2);
});
if (options.help) {
  console.log(LOCAL_HELP);
  process.exit(0);
}
const { modelName: model } = options;
const schemaArguments = options.schema === undefined ? [] : [`--schema=${options.schema}`];

await runWithStack(async (stack) => {
  const progress = new Progress();
  await mkdir(directory, { recursive: true });
  const { servers, api, registry, ada, grace, rollout, watch } = await startSignedRollout(
    stack,
    { directory, model, streams, context: 'local', required: 1 },
    progress,
  );
  writePublicKeys(`${directory}/keys/public`, [ada, grace]);

  if ((await registry.resolveAlias(model, CHAMPION_ALIAS)) === undefined) {
    progress.say(`${model} has no champion yet: training the first model`);
    const trained = await runTraining({
      mlflowUrl: servers.mlflow.url,
      directory,
      name: 'first',
      arguments: [
        ...schemaArguments,
        `--data=${options.data}`,
        ...QUICK,
        '--promote=never',
        ...options.trainingArguments,
      ],
    });
    progress.say(`version ${trained.version} is registered; alias ${CHAMPION_ALIAS} moves to it`);
    await registry.setAlias(model, CHAMPION_ALIAS, trained.version);
  }
  await watch.until('the first version is verified', ({ phase, stable }) => {
    return phase === 'AwaitingApproval' || phase === 'RolledBack' || stable !== undefined;
  });
  const { candidate } = watch.status;
  if (watch.status.phase === 'AwaitingApproval' && candidate?.digest !== undefined) {
    const { version, digest } = candidate;
    await ada.approve(registry, model, { version, digest }, 'the first version of this run');
    progress.say(`version ${version}: signed by ada`);
  }
  await watch.until('the first version serves', ({ stable }) => stable !== undefined);

  const applications = await generateApplications({
    directory,
    rows: APPLICATIONS,
    seed: 7,
    arguments: schemaArguments,
  });
  const kinesisUrl = servers.kinesis.url;
  const items = applications.map((text, index) => ({
    partitionKey: `local-${index}`,
    data: Buffer.from(text),
    expected: 'decision',
  }));
  const traffic = stack.use(new Traffic({ kinesisUrl, streams, items, recordsPerSecond: RECORDS_A_SECOND }));
  traffic.startWithoutAccount();
  const endpoints = {
    kinesis: kinesisUrl,
    mlflow: servers.mlflow.url,
    streams,
    application: applications[0],
  };
  await writeFile(endpointsFile, `${JSON.stringify(endpoints, null, 2)}\n`);
  stack.defer(() => rm(endpointsFile, { force: true }));

  const isBundled = options.schema === undefined;
  const about = isBundled ? '' : ` --model ${model}`;
  const source = isBundled ? '--data synthetic:2000:8' : `--schema ${options.schema} --data ${options.data}`;
  console.log(`
  MLflow     ${servers.mlflow.url}
  Kinesis    ${kinesisUrl}   (${streams.input} → ${streams.output}, ${streams.rejects}), ${RECORDS_A_SECOND} applications a second
  pods       ${rollout.cluster.urls.join('  ')}
  Kubernetes ${api.url}   ModelDeployment ${model}, which needs the signature of ada or grace

  In another terminal:

    export KUBECONFIG=${rollout.kubeConfigFile} MLFLOW_TRACKING_URI=${servers.mlflow.url}
    export PROMOTE_KEYS=.local/keys/public PROMOTE_KEY_FILE=.local/keys/ada.key.pem PROMOTE_ACTOR='Ada Example'
    make train TRAIN="${source} --promote never"
    make promote PROMOTE="sign challenger${about} --reason 'more data' --move-alias --yes"
    scripts/kubectl-mdep status --watch

  Logs, keys and state: .local/   Stop: Ctrl-C
`);
  const code = await rollout.operator.exit();
  throw new Error(`the operator exited with ${code}\n${rollout.operator.logTail()}`);
});
