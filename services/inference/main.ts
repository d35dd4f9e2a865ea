import { once } from 'node:events';
import packageJson from '../../package.json' with { type: 'json' };
import { systemClock } from '../shared/clock.ts';
import { closeServer } from '../shared/close-server.ts';
import { configOrExit } from '../shared/config.ts';
import type { ReportState } from '../shared/dependency-state.ts';
import { loadKubeConfig } from '../shared/kubernetes/kube-config.ts';
import { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts';
import { Lifecycle } from '../shared/lifecycle.ts';
import { createLogger } from '../shared/logging.ts';
import { createMetricsRegistry } from '../shared/metrics.ts';
import { startStream } from '../stream/start-stream.ts';
import { parseInferenceConfig } from './config.ts';
import { awaitCanary } from './decision/route/await-canary.ts';
import { CandidateWatch } from './decision/route/candidate-watch.ts';
import { InferenceService } from './inference-service.ts';

const config = configOrExit(() => parseInferenceConfig(process.env));
const logger = createLogger({ component: 'inference', level: config.LOG_LEVEL });
const lifecycle = new Lifecycle({ logger, deadlineMilliseconds: config.SHUTDOWN_SECONDS * 1000 });
const metricsRegistry = createMetricsRegistry(config.METRICS_POD_LABEL);
const service = new InferenceService({
  config,
  serviceVersion: packageJson.version,
  metricsRegistry,
  clock: systemClock,
  logger,
});
lifecycle.onStop('models', () => service.router.close());

// The server starts first, so that it answers probes while the other parts start.
const server = service.app.listen(config.HTTP_PORT, config.HTTP_HOST);
await once(server, 'listening');
lifecycle.onStop('http', () => closeServer(server));
logger.info({ address: server.address() }, 'listening');

service.serveModels(lifecycle.signal).catch((error: unknown) => {
  if (!lifecycle.signal.aborted) return lifecycle.fail(error);
});

let candidateKnown: Promise<void> | undefined;
if (config.MODEL_DEPLOYMENT !== undefined && config.POD_NAMESPACE !== undefined) {
  const watch = new CandidateWatch({
    client: new KubernetesClient({ kubeConfig: loadKubeConfig() }),
    namespace: config.POD_NAMESPACE,
    name: config.MODEL_DEPLOYMENT,
    stableVersion: config.MODEL_VERSION,
    router: service.router,
    clock: systemClock,
    logger,
  });
  watch.start();
  candidateKnown = watch.synced;
  lifecycle.onStop('candidate watch', () => watch.stop());
}

const { INPUT_STREAM } = config;
if (INPUT_STREAM !== undefined) {
  const reportState = service.dependencies.reporter('kinesis');
  // Without a model, records would count as failures and become dead letters.
  await service.router.ready;
  if (candidateKnown !== undefined) {
    const { router } = service;
    const { signal } = lifecycle;
    await awaitCanary({ synced: candidateKnown, router, clock: systemClock, logger, signal });
  }
  if (!lifecycle.signal.aborted) startReading(INPUT_STREAM, reportState);
}

function startReading(INPUT_STREAM: string, reportState: ReportState): void {
  const consumer = startStream({
    settings: { ...config, INPUT_STREAM },
    processor: service.processor,
    metricsRegistry,
    clock: systemClock,
    logger,
    reportState,
  });
  service.heartbeats.push(consumer.heartbeat);
  lifecycle.onStop('stream', () => consumer.stop());
}
