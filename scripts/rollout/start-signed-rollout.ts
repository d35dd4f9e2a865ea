import { KEY_CONFIG_MAPS } from '../../services/shared/agreements/kubernetes-names.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { type KubeApiServer, startKubeApiServer } from '../stack/kube-api-server.ts';
import type { Progress } from '../stack/progress.ts';
import { type Servers, startServers } from '../stack/start-servers.ts';
import type { StreamNames } from '../stack/streams.ts';
import { DemoSigner, keyConfigMap } from './demo-signer.ts';
import { RolloutWatch } from './rollout-watch.ts';
import { type LocalRollout, startRollout } from './start-rollout.ts';

export interface SignedRolloutOptions {
  /** Directory for logs, keys and the kubeconfig. */
  readonly directory: string;
  /** Registered model, and name of the ModelDeployment and of its namespace. */
  readonly model: string;
  readonly streams: StreamNames;
  /** Name of the context in the kubeconfig. */
  readonly context: string;
  /** Keys that must sign each version. */
  readonly required: number;
}

export interface SignedRollout {
  readonly servers: Servers;
  readonly api: KubeApiServer;
  readonly registry: ModelRegistry;
  readonly ada: DemoSigner;
  readonly grace: DemoSigner;
  readonly rollout: LocalRollout;
  readonly watch: RolloutWatch;
}

/** Starts servers, API server and operator, and puts them on `stack`. Each version needs signatures of Ada and Grace. */
export async function startSignedRollout(
  stack: AsyncDisposableStack,
  { directory, model, streams, context, required }: SignedRolloutOptions,
  progress: Progress,
): Promise<SignedRollout> {
  const ada = DemoSigner.in(`${directory}/keys`, 'ada', 'Ada Example');
  const grace = DemoSigner.in(`${directory}/keys`, 'grace', 'Grace Example');
  const [servers, api] = await Promise.all([
    startServers(stack, directory, progress),
    startKubeApiServer({ directory: `${directory}/kubernetes`, context, namespace: model }).then((started) =>
      stack.use(started),
    ),
  ]);
  const registry = new ModelRegistry({ url: servers.mlflow.url });
  const rollout = await startRollout(
    stack,
    { ...servers, api },
    {
      directory,
      model,
      streams,
      spec: { approval: { required, publicKeys: { configMap: KEY_CONFIG_MAPS[0] } } },
      objects: [[`/api/v1/namespaces/${model}/configmaps`, keyConfigMap([ada, grace])]],
    },
    progress,
  );
  const watch = stack.use(new RolloutWatch(rollout, (message) => progress.say(message)));
  return { servers, api, registry, ada, grace, rollout, watch };
}
