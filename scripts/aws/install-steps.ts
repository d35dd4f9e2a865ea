import { repositoryRoot } from '../stack/paths.ts';
import { databaseAuthority } from './database-authority.ts';
import { checkPassword } from './database-password.ts';
import { trainFirstModel } from './first-model.ts';
import { type Installation, kubectl, NAMESPACE } from './installation.ts';
import { pushImages } from './push-images.ts';

interface InstallStep {
  readonly title: string;
  /** @returns what to tell the user */
  run(installation: Installation): Promise<string | undefined>;
}

const MANIFESTS = `${repositoryRoot}/k8s`;

/** The steps in order. Each may be repeated, and needs the steps before it. */
export const INSTALLATION: readonly InstallStep[] = [
  { title: 'find the cluster', run: findCluster },
  { title: 'check the password of the database', run: checkPassword },
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
