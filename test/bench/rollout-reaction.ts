import { type Mlflow, startMlflow } from '../../scripts/stack/mlflow.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { Reflector } from '../../services/shared/kubernetes/reflector.ts';
import { createLogger } from '../../services/shared/logging.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentSpec } from '../../services/shared/model-deployment/spec.ts';
import type { KubeApiServer } from '../support/kube-api-server.ts';
import { PlayedCluster } from '../support/played-cluster.ts';
import { PrometheusStandIn } from '../support/prometheus-stand-in.ts';
import { registerVersion } from '../support/register-version.ts';
import { until } from '../support/until.ts';
import { startBenchOperator } from './rollout-operator.ts';
import { bounds, type RolloutBenchRow } from './rollout-rows.ts';

const NEVER_POLLED_SECONDS = 604_800;
const POLL_SECONDS = 5;
const MOVES = 10;
const ROLLBACKS = 5;
const WAIT_MILLISECONDS = 60_000;
/** As the charts have it: a row is found by MLflow's workers after this at the latest. */
const WEBHOOK_CACHE_SECONDS = 10;

/**
 * From MLflow to the pods: a real MLflow moves an alias and sends its webhook, the operator is a process of its own, and
 * the pods' real watches follow a real API server. Only kubelet, controllers and Prometheus are played.
 */
export async function reactionBench(
  api: KubeApiServer,
  directory: string,
  bundle: string,
): Promise<RolloutBenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  stack.defer(() => client.close());
  const mlflow = stack.use(
    await startMlflow({
      directory: `${directory}/mlflow`,
      environment: {
        MLFLOW_WEBHOOK_CACHE_TTL: String(WEBHOOK_CACHE_SECONDS),
        MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
        MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
        MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: 'cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ=',
      },
    }),
  );
  const scene = (name: string, spec: Partial<Spec>) =>
    ReactionScene.start(
      { client, mlflow, name, directory, bundle, kubeConfigFile: api.kubeConfigFile },
      spec,
    );

  const hooked = stack.use(await scene('by-webhook', { pollSeconds: NEVER_POLLED_SECONDS }));
  await systemClock.sleep(WEBHOOK_CACHE_SECONDS * 1000);
  const webhook = await hooked.moves();
  const polled = stack.use(await scene('by-poll', { pollSeconds: POLL_SECONDS, alias: 'unheard' }));
  const poll = await polled.moves();
  const failing = stack.use(await scene('bad-canary', { pollSeconds: 1 }));
  const rollback = await failing.rollbacks();
  return [
    ...bounds('alias moved in MLflow → acts, by webhook', webhook, 'ms (bar 1,000)'),
    ...bounds(
      'alias moved in MLflow → acts, by poll',
      poll,
      `ms (bar ${(POLL_SECONDS + 1).toLocaleString('en')},000)`,
    ),
    ...bounds('canary gate fails → weight 0 in both pods', rollback, 'ms (bar 2,000)'),
  ];
}
