import { type Installation, kubectl, NAMESPACE } from './installation.ts';

/** Path in the bucket that `training.data` of `charts/eks-environment.ts` names. */
const TRAINING_DATA = 'data/applications.csv';
const IN_NAMESPACE = `--namespace=${NAMESPACE}`;

export async function trainFirstModel(installation: Installation): Promise<string> {
  const { data, outputs, shell } = installation;
  const target = `s3://${outputs.data.Bucket}/${TRAINING_DATA}`;
  if (data === undefined)
    return `left out: there is no --data FILE. Put your training data to ${target}, then run
  kubectl --context ${installation.context} --namespace ${NAMESPACE} create job --from=cronjob/training first-model`;
  await shell.run('aws', ['s3', 'cp', data, target, '--only-show-errors']);
  // A name of its own for each run, so that repeating the installation ends no training.
  const job = `first-model-${installation.startedAt.getTime()}`;
  await kubectl(installation, 'rollout', 'status', 'deployment/mlflow', IN_NAMESPACE, '--timeout=10m');
  await kubectl(installation, 'create', 'job', '--from=cronjob/training', job, IN_NAMESPACE);
  await waitForJob(installation, job);
  await kubectl(
    installation,
    ...['wait', '--for=condition=Available', '--timeout=15m', 'modeldeployment/loan-eligibility'],
    IN_NAMESPACE,
  );
  return 'the first model decides';
}

/** @throws Error as soon as the Job has failed, after its log is shown */
async function waitForJob(installation: Installation, job: string): Promise<void> {
  const { shell, context } = installation;
  // Waiting for Complete would go on for a Job that has failed. A Job has its first condition when its end is decided.
  const ended = '--for=jsonpath={.status.conditions[0].status}=True';
  await kubectl(installation, 'wait', ended, '--timeout=2h', `job/${job}`, IN_NAMESPACE);
  const conditions = await shell.read('kubectl', [
    ...['--context', context, 'get', `job/${job}`, IN_NAMESPACE],
    '--output=jsonpath={.status.conditions[*].type}',
  ]);
  if (!/\bFail/.test(conditions)) return;
  const failed = `job/${job} has failed`;
  await kubectl(installation, 'logs', `job/${job}`, IN_NAMESPACE, '--tail=40').catch((cause) => {
    throw new Error(`${failed}, and its log cannot be read: ${(cause as Error).message}`, { cause });
  });
  throw new Error(
    `${failed}: the end of its log is above. Correct the cause, then run \`make aws-install\` again`,
  );
}
