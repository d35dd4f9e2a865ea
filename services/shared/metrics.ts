import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Registry as MetricsRegistry } from 'prom-client';

/** A registry with the metrics of the process itself: CPU, memory, event loop lag, garbage collection. */
export function createMetricsRegistry(): MetricsRegistry {
  const metricsRegistry = new MetricsRegistry();
  collectDefaultMetrics({ register: metricsRegistry });
  return metricsRegistry;
}

/** Answers a Prometheus scrape in the registry's text format. */
export function metricsHandler(metricsRegistry: MetricsRegistry): RequestHandler {
  return async (_request, response) => {
    response.set('Content-Type', metricsRegistry.contentType).send(await metricsRegistry.metrics());
  };
}
