import type { Registry } from 'prom-client';
import { type Clock, systemClock } from '../shared/clock.ts';
import { ConfigError } from '../shared/config.ts';
import type { ReportState } from '../shared/dependency-state.ts';
import { loadKubeConfig } from '../shared/kubernetes/kube-config.ts';
import { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts';
import type { Logger } from '../shared/logging.ts';
import { ServiceClock } from '../shared/service-clock.ts';
import { streamNameOf } from '../shared/stream-reference.ts';
import { AwsCredentials } from './client/aws-credentials.ts';
import type { SharedClientOptions } from './client/create-kinesis-client.ts';
import { LeanStreamClient } from './client/lean-stream-client.ts';
import { SdkFanOutClient } from './client/sdk-fan-out-client.ts';
import { SdkStreamClient } from './client/sdk-stream-client.ts';
import type { StreamClient } from './client/stream-client.ts';
import { FileLeaseStore } from './lease/file-lease-store.ts';
import { KubernetesLeaseStore } from './lease/kubernetes-lease-store.ts';
import type { LeaseStore } from './lease/lease-store.ts';
import { createStreamMetrics } from './metrics.ts';
import type { RecordProcessor } from './record.ts';
import type { StreamSettings } from './settings.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { StreamHealth } from './stream-health.ts';
import type { ObjectStore } from './write/object-store.ts';
import { S3ObjectStore } from './write/s3-object-store.ts';

export interface StartStreamOptions {
  readonly settings: StreamSettings;
  readonly processor: RecordProcessor;
  /** Prometheus' registry, in which the consumer's metrics are created. */
  readonly metricsRegistry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default states are not reported */
  readonly reportState?: ReportState;
  /** @default a client for Kinesis, as the settings say */
  readonly client?: StreamClient;
  /** @default a store on files or on Kubernetes, as the settings say */
  readonly store?: LeaseStore;
}

/**
 * Starts to consume the stream and returns at once. In the background it waits for the store and the stream.
 * Call it once the processor can process. `stop` gives the shards up to the other members.
 * @throws ConfigError
 */
export function startStream(options: StartStreamOptions): StreamConsumer {
  const { settings, processor, metricsRegistry, clock, logger } = options;
  const shared = clientOptions(settings, clock);
  const client = options.client ?? clientOf(settings, shared);
  const consumer = new StreamConsumer({
    settings,
    processor,
    client,
    fanOut: settings.READER === 'fan-out' ? new SdkFanOutClient(shared) : undefined,
    store: options.store ?? createStore(options),
    objectStore: createObjectStore(settings, shared),
    clock,
    serviceNow: () => client.nowMilliseconds(),
    logger,
    health: new StreamHealth(options.reportState ?? (() => {}), logger),
    metrics: createStreamMetrics(metricsRegistry),
  });
  consumer.start();
  return consumer;
}

/**
 * The Kinesis client that the settings name.
 * @param serviceClock learns the time of Kinesis from its answers. @default a clock that nobody reads
 */
export function createStreamClient(
  settings: StreamSettings,
  serviceClock = new ServiceClock(systemClock),
): StreamClient {
  return clientOf(settings, { ...clientOptions(settings, systemClock), serviceClock });
}

function clientOf(settings: StreamSettings, shared: SharedClientOptions): StreamClient {
  return settings.KINESIS_CLIENT === 'sdk' ? new SdkStreamClient(shared) : new LeanStreamClient(shared);
}

function createObjectStore(
  { ON_FAILURE, S3_ENDPOINT: endpoint }: StreamSettings,
  { region, credentials }: SharedClientOptions,
): ObjectStore | undefined {
  return ON_FAILURE === undefined ? undefined : new S3ObjectStore({ region, endpoint, credentials });
}

function clientOptions(settings: StreamSettings, clock: Clock): SharedClientOptions {
  return {
    region: settings.AWS_REGION,
    endpoint: settings.KINESIS_ENDPOINT,
    connectTimeoutMilliseconds: settings.KINESIS_CONNECT_TIMEOUT_MILLISECONDS,
    requestTimeoutMilliseconds: settings.KINESIS_REQUEST_TIMEOUT_MILLISECONDS,
    credentials: new AwsCredentials({ clock }),
    serviceClock: new ServiceClock(clock),
  };
}

function createStore({ settings, clock, logger }: StartStreamOptions): LeaseStore {
  if (settings.LEASE_STORE === 'kubernetes') {
    if (settings.POD_NAMESPACE === undefined) {
      throw new ConfigError('POD_NAMESPACE: required by LEASE_STORE=kubernetes');
    }
    return new KubernetesLeaseStore({
      client: new KubernetesClient({ kubeConfig: loadKubeConfig(), clock }),
      namespace: settings.POD_NAMESPACE,
      group: settings.CONSUMER_GROUP,
      stream: streamNameOf(settings.INPUT_STREAM),
      leaseMilliseconds: settings.LEASE_SECONDS * 1000,
      clock,
      logger,
    });
  }
  return new FileLeaseStore({
    file: settings.LEASE_FILE,
    stream: streamNameOf(settings.INPUT_STREAM),
    logger,
  });
}
