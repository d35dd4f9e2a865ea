import packageJson from '../../package.json' with { type: 'json' };
import { systemClock } from '../shared/clock.ts';
import { configOrExit } from '../shared/config.ts';
import type { ReportState } from '../shared/dependency-state.ts';
import { messageClasses } from '../shared/http/message-classes.ts';
import { HttpListener } from '../shared/http-listener.ts';
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

/** The rest of the time is for the steps after it. */
const HTTP_SHARE_OF_STOP = 0.8;

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
lifecycle.onStop('rollback files', () => service.rollbackFiles?.stop());

// Requests are answered until the listener has closed, so the candidate is followed until then.
let candidateWatch: CandidateWatch | undefined;
lifecycle.onStop('candidate watch', () => candidateWatch?.stop());

// The server starts first, so that it answers probes while the other parts start.
const listener = await HttpListener.listen(service.app, {
  host: config.HTTP_HOST,
  port: config.HTTP_PORT,
  keepAliveMilliseconds: config.HTTP_KEEP_ALIVE_SECONDS * 1000,
  messages: messageClasses(service.app),
});
let closed: Promise<number> | undefined;
// The listener drains beside the other steps: the shards must not wait for the drain, nor the drain for the shards.
lifecycle.signal.addEventListener('abort', () => {
  service.dependencies.beginStop();
  closed = listener.close({
    drainMilliseconds: config.DRAIN_SECONDS * 1000,
    deadlineMilliseconds: config.SHUTDOWN_SECONDS * 1000 * HTTP_SHARE_OF_STOP,
  });
});
lifecycle.onStop('http', async () => {
  const connections = (await closed) ?? 0;
  if (connections > 0) logger.warn({ connections }, 'ended connections whose requests took too long');
});
logger.info({ url: listener.url }, 'listening');

service.serveModels(lifecycle.signal).catch((error: unknown) => {
  if (!lifecycle.signal.aborted) return lifecycle.fail(error);
});

let candidateKnown: Promise<void> | undefined;
if (config.MODEL_DEPLOYMENT !== undefined && config.POD_NAMESPACE !== undefined) {
  candidateWatch = new CandidateWatch({
    client: new KubernetesClient({ kubeConfig: loadKubeConfig() }),
    namespace: config.POD_NAMESPACE,
    name: config.MODEL_DEPLOYMENT,
    stableVersion: config.MODEL_VERSION,
    router: service.router,
    rollbackFiles: service.rollbackFiles,
    clock: systemClock,
    logger,
  });
  candidateWatch.start();
  candidateKnown = candidateWatch.synced;
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
