import type { RequestHandler } from 'express';
import type { InferenceMetrics } from '../metrics.ts';

/** Counts and times the requests of a route. The label is the pattern of the route, which has few values. */
export function measured(metrics: InferenceMetrics, route: string): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    response.once('finish', () => {
      metrics.httpRequests.inc({ route, method: request.method, status: response.statusCode });
      metrics.httpRequestSeconds.observe({ route }, (performance.now() - started) / 1000);
    });
    next();
  };
}
