import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { emulatorCredentials } from '../../../../scripts/stack/kinesis-endpoint.ts';
import { systemClock } from '../../../../services/shared/clock.ts';
import type { DependencyState } from '../../../../services/shared/dependency-state.ts';
import { KubernetesClient } from '../../../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../../../services/stream/lease/kubernetes-lease-store.ts';
import { streamSettings } from '../../../../services/stream/settings.ts';
import { startStream } from '../../../../services/stream/start-stream.ts';
import { FakeKubernetesApi, listOf, refusal, watchOf } from '../../../support/fake-kubernetes-api.ts';
import { EchoProcessor } from '../../../support/stream/echo-processor.ts';
import { until } from '../../../support/until.ts';

const logger = createLogger({ component: 'test', level: 'silent' });

test('a pod that may not list leases is blocked and says why, until it gets the right', async () => {
  await using api = await FakeKubernetesApi.start();
  api.lists.push(refusal(403, 'Forbidden'));
  api.watches.push(watchOf([]));
  Object.assign(process.env, emulatorCredentials);
  const settings = streamSettings.parse({ INPUT_STREAM: 'in', KINESIS_ENDPOINT: 'http://127.0.0.1:1' });
  let state: DependencyState | undefined;
  const stream = startStream({
    settings: { ...settings, INPUT_STREAM: 'in' },
    processor: new EchoProcessor(),
    metricsRegistry: new Registry(),
    clock: systemClock,
    logger,
    reportState: (reported) => {
      state = reported;
    },
    store: new KubernetesLeaseStore({
      client: new KubernetesClient({ kubeConfig: api.kubeConfig }),
      namespace: 'lending',
      group: 'loan-eligibility',
      stream: 'in',
      leaseMilliseconds: 10_000,
      clock: systemClock,
      logger,
    }),
  });
  try {
    await until('the refusal is reported', () => /^leases: forbidden: /.test(state?.message ?? ''));
    expect(state?.state).toBe('blocked');
    api.lists.splice(0, 1, listOf('1'));
    await until('the consumer goes on to Kinesis', () => state?.state === 'waiting');
  } finally {
    await stream.stop();
  }
});
