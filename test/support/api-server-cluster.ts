import { KubernetesCluster } from '../../operators/rollout/cluster/kubernetes-cluster.ts';
import { startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../services/shared/logging.ts';

/** A real API server, and the operator's calls to one of its namespaces. */
export interface ApiServerCluster {
  readonly client: KubernetesClient;
  /** Its informer caches are not started. */
  readonly cluster: KubernetesCluster;
  stop(): Promise<void>;
}

export async function startApiServerCluster(namespace: string): Promise<ApiServerCluster> {
  const api = await startKubeApiServer();
  const client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  const cluster = new KubernetesCluster({
    client,
    namespace,
    clock: systemClock,
    logger: createLogger({ component: 'test', level: 'silent' }),
    onChange: () => {},
  });
  return {
    client,
    cluster,
    stop: async () => {
      await client.close();
      await api.stop();
    },
  };
}
