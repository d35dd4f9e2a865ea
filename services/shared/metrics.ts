import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Registry as MetricsRegistry } from 'prom-client';

/**
 * A registry with the metrics of the process itself: CPU, memory, event loop lag, garbage collection.
 * @param pod value of the label `pod` on each metric. Undefined: the discovery of Prometheus gives the name of the pod.
 */
export function createMetricsRegistry(pod?: string): MetricsRegistry {
  const metricsRegistry = new MetricsRegistry();
  if (pod !== undefined) metricsRegistry.setDefaultLabels({ pod });
  collectDefaultMetrics({ register: metricsRegistry });
  return metricsRegistry;
}

/** Answers a Prometheus scrape in the registry's text format. */
export function metricsHandler(metricsRegistry: MetricsRegistry): RequestHandler {
  return async (_request, response) => {
    response.set('Content-Type', metricsRegistry.contentType).send(await metricsRegistry.metrics());
  };
}
