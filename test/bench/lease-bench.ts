import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { emulatorCredentials } from '../../scripts/stack/kinesis-endpoint.ts';
import { type KubeApiServer, startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../services/stream/lease/kubernetes-lease-store.ts';
import { streamSettings } from '../../services/stream/settings.ts';
import { startStream } from '../../services/stream/start-stream.ts';
import { KinesisFake } from '../support/kinesis-fake/kinesis-fake.ts';
import { EchoProcessor } from '../support/stream/echo-processor.ts';
import { until } from '../support/until.ts';

export interface LeaseBenchRow {
  readonly shards: number;
  readonly writesPerSecond: number;
}

const SHARDS = [16, 64, 100];
const SECONDS = 15;

/** Measures conditional writes per second to a real Kubernetes API, after every shard has an owner. The lease is 10 s. */
export async function leaseBench(): Promise<LeaseBenchRow[]> {
  Object.assign(process.env, emulatorCredentials);
  await using api = await startKubeApiServer();
  const rows: LeaseBenchRow[] = [];
  for (const shards of SHARDS) rows.push({ shards, writesPerSecond: await measure(api, shards) });
  return rows;
}

async function measure(api: KubeApiServer, shards: number): Promise<number> {
  await using fake = await KinesisFake.start();
  fake.createStreams(shards, 'in');
  fake.createStreams(1, 'out', 'rejects');
  const settings = streamSettings.parse({
    OUTPUT_STREAM: 'out',
    REJECT_STREAM: 'rejects',
    KINESIS_ENDPOINT: fake.url,
    POD_NAME: 'bench-1',
  });
  const logger = createLogger({ component: 'bench', level: 'warn' });
  const metricsRegistry = new Registry();
  const stream = startStream({
    settings: { ...settings, INPUT_STREAM: 'in' },
    processor: new EchoProcessor(),
    metricsRegistry,
    clock: systemClock,
    logger,
    store: new KubernetesLeaseStore({
      client: new KubernetesClient({ kubeConfig: api.kubeConfig }),
      namespace: 'default',
      group: `bench-${shards}`,
      stream: 'in',
      leaseMilliseconds: settings.LEASE_SECONDS * 1000,
      clock: systemClock,
      logger,
    }),
  });
  try {
    await until('all shards are taken', () => stream.ownedShards.length === shards, 60_000);
    const before = await writes(metricsRegistry);
    await delay(SECONDS * 1000);
    return ((await writes(metricsRegistry)) - before) / SECONDS;
  } finally {
    await stream.stop();
  }
}

async function writes(metricsRegistry: Registry): Promise<number> {
  const metric = await metricsRegistry.getSingleMetric('kinesis_lease_writes_total')?.get();
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
}

if (import.meta.main) console.table(await leaseBench());
