import process from 'node:process';
import { type Clock, systemClock } from '../../services/shared/clock.ts';
import { configOrExit } from '../../services/shared/config.ts';
import { loadKubeConfig } from '../../services/shared/kubernetes/kube-config.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { Lifecycle } from '../../services/shared/lifecycle.ts';
import { createLogger } from '../../services/shared/logging.ts';
import { createMetricsRegistry } from '../../services/shared/metrics.ts';
import { ServiceClock } from '../../services/shared/service-clock.ts';
import { parseRolloutConfig } from './config.ts';
import { Operator } from './operator.ts';

const STOP_DEADLINE_MILLISECONDS = 20_000;

const config = configOrExit(() => parseRolloutConfig(process.env));
const logger = createLogger({ component: 'rollout', level: config.LOG_LEVEL });
const lifecycle = new Lifecycle({ logger, deadlineMilliseconds: STOP_DEADLINE_MILLISECONDS });
const serverTime = new ServiceClock(systemClock);
// The clock of this machine may be wrong. Stored times outlive this process, and another leader compares them.
const clock: Clock = { ...systemClock, now: () => serverTime.now() };
const client = new KubernetesClient({
  kubeConfig: loadKubeConfig(config.KUBECONFIG),
  clock: systemClock,
  serverTime,
});
const operator = new Operator({
  config,
  client,
  clock,
  logger,
  metricsRegistry: createMetricsRegistry(),
});

lifecycle.onStop('connections', () => client.close());
lifecycle.onStop('operator', () => operator.stop());
operator.run().catch((error: unknown) => {
  if (!lifecycle.signal.aborted) void lifecycle.fail(error);
});
