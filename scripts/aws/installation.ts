import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import type { Outputs } from '../../infrastructure/outputs.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { databaseAuthority } from './database-authority.ts';
import type { Shell } from './shell.ts';

/** What the steps of `make aws-install` need. */
export interface Installation {
  readonly environment: AwsEnvironment;
  readonly outputs: Outputs;
  readonly shell: Shell;
  /** File with training data for the bucket. */
  readonly data: string | undefined;
  readonly authority: string | undefined;
  readonly skipImages: boolean;
  /** When the command began. */
  readonly startedAt: Date;
  /** Name of the kubectl context. */
  readonly context: string;
  /** Whether the context is made by the first step. */
  readonly ownsContext: boolean;
}

interface InstallStep {
  readonly title: string;
  /** @returns what to tell the user */
  run(installation: Installation): Promise<string | undefined>;
}

const NAMESPACE = 'loan-eligibility';
const MANIFESTS = `${repositoryRoot}/k8s`;
/** Path in the bucket that `training.data` of `charts/environments.ts` names. */
const TRAINING_DATA = 'data/applications.csv';

/** The steps in order. Each may be repeated, and needs the steps before it. */
export const INSTALLATION: readonly InstallStep[] = [
  { title: 'find the cluster', run: findCluster },
  { title: 'write k8s/eks from the outputs', run: writeManifests },
  { title: 'build and push the images', run: pushImages },
  { title: 'apply the definitions, which are for the whole cluster', run: applyDefinitions },
  { title: 'make the namespace and the database authority', run: prepareNamespace },
  { title: 'apply the system', run: applySystem },
  { title: 'train the first model', run: trainFirstModel },
];

async function findCluster(installation: Installation): Promise<undefined> {
  const { ownsContext, outputs, environment, shell, context } = installation;
  if (ownsContext) {
    const cluster = ['--name', outputs.cluster.ClusterName, '--region', environment.region];
    await shell.run('aws', ['eks', 'update-kubeconfig', ...cluster, '--alias', context]);
  }
  await kubectl(installation, 'version');
}

async function writeManifests({ shell }: Installation): Promise<undefined> {
  await shell.run(process.execPath, [`${repositoryRoot}/charts/main.ts`, '--environment=eks']);
}

async function pushImages({ environment, outputs, shell, skipImages }: Installation): Promise<string> {
  if (skipImages) return 'left out: --skip-images';
  const registry = outputs.data.Registry.split('/')[0] ?? '';
  const password = await shell.read('aws', ['ecr', 'get-login-password', '--region', environment.region]);
  await shell.run('docker', ['login', '--username=AWS', '--password-stdin', registry], { input: password });
  await shell.run(process.execPath, [
    `${repositoryRoot}/scripts/images/main.ts`,
    // The images that the manifests name, with their tag. EKS needs no emulator of Kinesis.
    `--manifests=${MANIFESTS}/eks`,
    `--prefix=${outputs.data.Registry}`,
    '--push',
  ]);
  return `pushed to ${outputs.data.Registry}`;
}

async function applyDefinitions(installation: Installation): Promise<undefined> {
  await kubectl(installation, 'apply', `--filename=${MANIFESTS}/cluster`);
  await kubectl(
    installation,
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'crd/modeldeployments.serving.loan-eligibility.dev',
  );
}

async function prepareNamespace(installation: Installation): Promise<undefined> {
  await kubectl(installation, 'apply', `--filename=${MANIFESTS}/eks/00-namespace.yaml`);
  const authority = await databaseAuthority(installation.environment.region, installation.authority);
  const manifest = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'mlflow-database-authority', namespace: NAMESPACE },
    data: { 'ca.pem': authority },
  });
  const args = ['--context', installation.context, 'apply', '--filename=-'];
  await installation.shell.run('kubectl', args, { input: manifest });
}

async function applySystem(installation: Installation): Promise<undefined> {
  // The pod of a Job cannot change. A Job that has ended and would change is made again.
  await kubectl(
    installation,
    'delete',
    'job/secrets',
    `--namespace=${NAMESPACE}`,
    '--ignore-not-found',
    '--wait=true',
  );
  await kubectl(installation, 'apply', `--filename=${MANIFESTS}/eks`);
}

async function trainFirstModel(installation: Installation): Promise<string> {
  const { data, outputs, shell } = installation;
  const target = `s3://${outputs.data.Bucket}/${TRAINING_DATA}`;
  if (data === undefined)
    return `left out: there is no --data FILE. Put your training data to ${target}, then run
  kubectl --context ${installation.context} --namespace ${NAMESPACE} create job --from=cronjob/training first-model`;
  await shell.run('aws', ['s3', 'cp', data, target, '--only-show-errors']);
  const inNamespace = `--namespace=${NAMESPACE}`;
  // A name of its own for each run, so that repeating the installation ends no training.
  const job = `first-model-${installation.startedAt.getTime()}`;
  await kubectl(installation, 'rollout', 'status', 'deployment/mlflow', inNamespace, '--timeout=10m');
  await kubectl(installation, 'create', 'job', '--from=cronjob/training', job, inNamespace);
  await kubectl(installation, 'wait', '--for=condition=Complete', '--timeout=2h', `job/${job}`, inNamespace);
  await kubectl(
    installation,
    'wait',
    '--for=condition=Available',
    '--timeout=15m',
    'modeldeployment/loan-eligibility',
    inNamespace,
  );
  return 'the first model decides';
}

async function kubectl({ shell, context }: Installation, ...args: readonly string[]): Promise<void> {
  await shell.run('kubectl', ['--context', context, ...args]);
}
