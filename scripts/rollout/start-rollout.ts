import process from 'node:process';
import type { z } from 'zod';
import { WAKE_CONFIG_MAP } from '../../services/shared/agreements/kubernetes-names.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { modelDeploymentPath } from '../../services/shared/model-deployment/model-deployment.ts';
import type { specSchema } from '../../services/shared/model-deployment/spec.ts';
import { emulatorCredentials } from '../stack/kinesis-endpoint.ts';
import type { KubeApiServer } from '../stack/kube-api-server.ts';
import type { ManagedProcess } from '../stack/managed-process.ts';
import { repositoryRoot } from '../stack/paths.ts';
import type { Progress } from '../stack/progress.ts';
import { serveModelDeployments } from '../stack/serve-model-deployments.ts';
import type { Servers } from '../stack/start-servers.ts';
import type { StreamNames } from '../stack/streams.ts';
import { startMetricsSource } from './metrics-source.ts';
import { PlayedCluster } from './played-cluster.ts';
import { inferenceDeployment, modelDeployment, type RolloutAddresses } from './rollout-objects.ts';
import { startRolloutOperator } from './rollout-operator.ts';

export interface RolloutOptions {
  /** Directory for logs and the kubeconfig. */
  readonly directory: string;
  /** Registered model, and name of the ModelDeployment and of its namespace. */
  readonly model: string;
  readonly streams: StreamNames;
  /** Fields of the spec that differ. */
  readonly spec?: Partial<z.input<typeof specSchema>>;
  /** Objects that must be there before the ModelDeployment, by the path of their collection. */
  readonly objects?: readonly (readonly [string, KubernetesObject])[];
}

/** What a rollout needs, without a cluster: a real API server, the real operator, and processes as pods. */
export interface LocalRollout {
  readonly client: KubernetesClient;
  readonly kubeConfigFile: string;
  readonly cluster: PlayedCluster;
  readonly namespace: string;
  readonly name: string;
  readonly operator: ManagedProcess;
}

/** Starts what is missing beside the servers and the API server, and puts it on `stack`. */
export async function startRollout(
  stack: AsyncDisposableStack,
  { mlflow, kinesis, api }: Servers & { readonly api: KubeApiServer },
  options: RolloutOptions,
  progress: Progress,
): Promise<LocalRollout> {
  const { directory, model, streams, objects = [] } = options;
  const namespace = model;
  const { kubeConfigFile } = api;
  const client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  stack.defer(() => client.close());
  await install(client, namespace);
  for (const [path, object] of objects) await client.create(path, object);

  const addresses: RolloutAddresses = {
    model,
    namespace,
    mlflowUrl: mlflow.url,
    kinesisUrl: kinesis.url,
    streams,
    kubeConfigFile,
    environment: emulatorCredentials,
  };
  const command = [process.execPath, `${repositoryRoot}/services/inference/main.ts`];
  await client.create(
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    inferenceDeployment(addresses, command),
  );
  const cluster = stack.use(new PlayedCluster({ client, namespace, directory: `${directory}/pods` }));
  const metrics = stack.use(await startMetricsSource(() => cluster.scrapeTargets));
  await client.create(modelDeploymentPath(namespace), modelDeployment(addresses, metrics.url, options.spec));
  const operator = stack.use(await startRolloutOperator({ directory, namespace, kubeConfigFile }));
  progress.say(`kube-apiserver at ${api.url}; the operator leads`);
  return { client, kubeConfigFile, cluster, namespace, name: model, operator };
}

async function install(client: KubernetesClient, namespace: string): Promise<void> {
  await serveModelDeployments(client);
  await client.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  await client.create(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: WAKE_CONFIG_MAP } });
}
