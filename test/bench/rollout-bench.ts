import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type KubeApiServer, startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../scripts/stack/serve-model-deployments.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { BenchRow } from './bench-table.ts';
import { faultBench } from './rollout-faults.ts';
import { bundleOperator } from './rollout-operator.ts';
import { reactionBench } from './rollout-reaction.ts';
import { restBench } from './rollout-rest.ts';

/** Measures how fast the operator reacts, and its cost at rest. It runs as in its image, on a real API server. */
export async function rolloutBench(): Promise<BenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync(`${tmpdir()}/rollout-bench-`);
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const api = stack.use(await startKubeApiServer());
  await installDefinition(api);
  const bundle = await bundleOperator(directory);
  const rows = [
    ...(await reactionBench(api, directory, bundle)),
    ...(await restBench(api, directory, bundle)),
  ].map((row) => ({ group: 'operator', ...row }));
  const faults = await faultBench(api, directory, bundle);
  const group = 'operator: a canary at 50 % begins to err → it has no key';
  return [...rows, ...faults.map((row) => ({ group, ...row }))];
}

async function installDefinition({ kubeConfig }: KubeApiServer): Promise<void> {
  const client = new KubernetesClient({ kubeConfig });
  await serveModelDeployments(client);
  await client.close();
}
