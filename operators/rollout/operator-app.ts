import express, { type Express, type Router } from 'express';
import type { Registry as MetricsRegistry } from 'prom-client';
import { HTTP_PATHS } from '../../services/shared/agreements/http-paths.ts';
import { metricsHandler } from '../../services/shared/metrics.ts';
import type { RolloutMetrics } from './metrics.ts';

/** Older caches make the replica unready. The API server sends a bookmark about each minute. */
const CACHE_AGE_LIMIT_MILLISECONDS = 180_000;

interface OperatorState {
  /** True from when the informer caches are filled until the replica stops. */
  readonly synced: boolean;
  readonly leading: boolean;
  /** Time since the API server last sent anything. */
  readonly cacheAgeMilliseconds: number;
  readonly queueDepth: number;
}

export interface OperatorAppOptions {
  readonly metricsRegistry: MetricsRegistry;
  readonly metrics: RolloutMetrics;
  readonly state: () => OperatorState;
  /** Undefined if no webhook is configured. */
  readonly webhooks: Router | undefined;
}

/** Probes, metrics and the webhook of one replica. Every replica serves them, leader or not. */
export function operatorApp({ metricsRegistry, metrics, state, webhooks }: OperatorAppOptions): Express {
  const app = express().disable('x-powered-by');
  app.get(HTTP_PATHS.live, (_request, response) => {
    response.json({ alive: true });
  });
  app.get(HTTP_PATHS.ready, (_request, response) => {
    const { synced, leading, cacheAgeMilliseconds: ageMilliseconds } = state();
    const ready = synced && ageMilliseconds < CACHE_AGE_LIMIT_MILLISECONDS;
    response.status(ready ? 200 : 503).json({ ready, leading, ageMilliseconds });
  });
  app.get(HTTP_PATHS.metrics, (_request, _response, next) => {
    const { leading, cacheAgeMilliseconds, queueDepth } = state();
    metrics.leader.set(leading ? 1 : 0);
    metrics.cacheAge.set(cacheAgeMilliseconds / 1000);
    metrics.queueDepth.set(queueDepth);
    next();
  });
  app.get(HTTP_PATHS.metrics, metricsHandler(metricsRegistry));
  if (webhooks !== undefined) app.use(webhooks);
  return app;
}
