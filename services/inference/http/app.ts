import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Registry as MetricsRegistry } from 'prom-client';
import { HTTP_PATHS } from '../../shared/agreements/http-paths.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { metricsHandler } from '../../shared/metrics.ts';
import type { RecordProcessor } from '../../stream/record.ts';
import type { DecisionService } from '../decision/decision-service.ts';
import type { ModelRouter } from '../decision/route/model-router.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { inferenceProtocol } from './inference-protocol.ts';
import { sendJson } from './json-response.ts';
import { predictErrors, predictRoute } from './predict-route.ts';
import { type Dependencies, type Heartbeat, livenessRoute, readinessRoute } from './probes.ts';
import { rawBody } from './raw-body.ts';
import { measured } from './request-metrics.ts';

export interface AppOptions {
  readonly modelName: string;
  readonly serviceVersion: string;
  readonly router: ModelRouter;
  readonly service: DecisionService;
  readonly processor: RecordProcessor;
  /** Size limit of a record. */
  readonly maximumBytes: number;
  readonly dependencies: Dependencies;
  /** Read at every probe, so that a loop may be added after the start. */
  readonly heartbeats: readonly Heartbeat[];
  readonly metrics: InferenceMetrics;
  readonly metricsRegistry: MetricsRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The HTTP API of one process. */
export function createApp(options: AppOptions): Express {
  const { metrics, metricsRegistry, router, logger } = options;
  const app = express().disable('x-powered-by').disable('etag');

  app.post('/predict', measured(metrics, '/predict'), rawBody, predictRoute(options), predictErrors);
  app.use('/v2', inferenceProtocol(options));
  app.get(HTTP_PATHS.live, livenessRoute(options.heartbeats));
  app.get(HTTP_PATHS.ready, readinessRoute(router, options.dependencies));
  app.get(HTTP_PATHS.metrics, metricsHandler(metricsRegistry));
  app.use((_request, response) => {
    sendJson(response, 404, { error: { code: 'not_found', message: 'no such path' } });
  });
  app.use(internalErrors(logger));
  return app;
}

function internalErrors(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    logger.error({ error, path: request.path }, 'request failed');
    if (response.headersSent) return next(error);
    // The message may reveal internals, so only the log has it.
    sendJson(response, 500, { error: { code: 'internal', message: 'the server failed on this request' } });
  };
}
