import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { type Mlflow, startMlflow } from '../../scripts/stack/mlflow.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { bounds, type RolloutBenchRow } from './rollout-rows.ts';
import { RolloutScene } from './rollout-scene.ts';

/** Time after which MLflow's workers know a new webhook at the latest. The cdk8s manifests set the same value. */
const WEBHOOK_CACHE_SECONDS = 1;
const NEVER_POLLED_SECONDS = 604_800;
const POLL_SECONDS = 5;
const MOVES = 10;
const ROLLBACKS = 5;

/**
 * Measures the way from MLflow to the pods. A real MLflow moves an alias and sends its webhook. The operator is a process
 * of its own, and the real watches of the pods follow a real API server. Only kubelet, controllers and Prometheus are
 * simulated.
 */
export async function reactionBench(
  api: KubeApiServer,
  directory: string,
  bundle: string,
): Promise<RolloutBenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  stack.defer(() => client.close());
  const mlflow = stack.use(await startRegistry(directory));
  const scene = async (name: string, webhooks: boolean, pollSeconds: number) =>
    stack.use(
      await RolloutScene.start({
        client,
        mlflowUrl: mlflow.url,
        operator: { name, namespace: name, directory, bundle, kubeConfigFile: api.kubeConfigFile, webhooks },
        pollSeconds,
      }),
    );

  const hooked = await scene('by-webhook', true, NEVER_POLLED_SECONDS);
  // The operator registered its webhook at its start. MLflow's workers must read it first.
  await delay(2 * WEBHOOK_CACHE_SECONDS * 1000);
  const webhook = await repeat(MOVES, () => hooked.move());
  const polled = await scene('by-poll', false, POLL_SECONDS);
  const poll = await repeat(MOVES, () => polled.move());
  const rollback = await repeat(ROLLBACKS, () => polled.rollBack());
  return [
    ...bounds('alias moved in MLflow → acts, by webhook (bar 1,000 ms)', webhook, 'ms'),
    ...bounds(`alias moved in MLflow → acts, by poll (bar ${POLL_SECONDS + 1},000 ms)`, poll, 'ms'),
    ...bounds('canary gate fails → weight 0 in both pods (bar 2,000 ms)', rollback, 'ms'),
  ];
}

function startRegistry(directory: string): Promise<Mlflow> {
  return startMlflow({
    directory: `${directory}/mlflow`,
    environment: {
      MLFLOW_WEBHOOK_CACHE_TTL: String(WEBHOOK_CACHE_SECONDS),
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
      MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
      MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: 'cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ=',
    },
  });
}

async function repeat(times: number, measure: () => Promise<number>): Promise<number[]> {
  const measured: number[] = [];
  while (measured.length < times) measured.push(await measure());
  return measured;
}
