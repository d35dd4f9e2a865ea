import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { KubernetesCluster } from '../../../../operators/rollout/cluster/kubernetes-cluster.ts';
import { KubernetesClient } from '../../../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SPEC } from '../../../support/rollout-world.ts';

test('an Event that the API server does not take in time holds nothing up', async () => {
  const arrived = Promise.withResolvers<void>();
  const server = createServer(() => arrived.resolve());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromClusterAndUser(
    { name: 'hangs', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'tester' },
  );
  const client = new KubernetesClient({ kubeConfig });
  const clock = new ManualClock();
  const logger = createLogger({ component: 'test', level: 'silent' });
  const cluster = new KubernetesCluster({ client, namespace: 'default', clock, logger, onChange: () => {} });
  const object = { metadata: { name: 'loan', namespace: 'default' }, spec: SPEC };
  const recorded = cluster.recordEvent(object, { type: 'Normal', reason: 'Stable', message: 'serves' });
  await arrived.promise;
  clock.advance(1_000);
  await recorded;
  expect(clock.sleeping).toBe(0);
  server.closeAllConnections();
  server.close();
  await client.close();
});
