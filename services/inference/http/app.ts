import express, { type Express } from 'express';
import type { Registry as MetricsRegistry } from 'prom-client';
import { HTTP_PATHS } from '../../shared/agreements/http-paths.ts';
import type { Clock } from '../../shared/clock.ts';
import { withLastResort } from '../../shared/http/last-resort.ts';
import { requestGuard } from '../../shared/http/request-guard.ts';
import type { Logger } from '../../shared/logging.ts';
import { metricsHandler } from '../../shared/metrics.ts';
import type { RecordProcessor } from '../../stream/record.ts';
import type { DecisionService } from '../decision/decision-service.ts';
import type { ModelRouter } from '../decision/route/model-router.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { crossOrigin } from './cross-origin.ts';
import { docsFileRoute, docsPageRoute } from './documents/docs-page.ts';
import { homeRoute } from './documents/home.ts';
import { openApiRoute } from './documents/open-api.ts';
import { inferenceProtocol } from './inference-protocol.ts';
import { INFERENCE_OPERATIONS } from './operations/inference-operations.ts';
import { predictRoute } from './predict-route.ts';
import { type Dependencies, type Heartbeat, livenessRoute, readinessRoute } from './probes.ts';
import { rawBody } from './raw-body.ts';
import { refuse, requestErrors } from './refuse.ts';
import { measured } from './request-metrics.ts';

export interface AppOptions {
  readonly modelName: string;
  readonly serviceVersion: string;
  readonly router: ModelRouter;
  readonly service: DecisionService;
  readonly processor: RecordProcessor;
  /** Size limit of a record. */
  readonly maximumBytes: number;
  /** Origins whose pages may call the API. `*` means every origin. @default none */
  readonly allowedOrigins?: readonly string[];
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
  const { metrics, metricsRegistry, router, logger, allowedOrigins = [] } = options;
  const app = withLastResort(express().disable('x-powered-by').disable('etag'));
  const predict = predictRoute(options);

  if (allowedOrigins.length > 0) app.use(crossOrigin(allowedOrigins));
  app.use(requestGuard({ operations: INFERENCE_OPERATIONS, refuse }));
  for (const path of ['/predict', HTTP_PATHS.invocations]) {
    app.post(path, measured(metrics, path), rawBody, predict);
  }
  app.use('/v2', inferenceProtocol(options));
  app.get(HTTP_PATHS.live, livenessRoute(options.heartbeats));
  app.get(HTTP_PATHS.ready, readinessRoute(router, options.dependencies));
  app.get(HTTP_PATHS.metrics, metricsHandler(metricsRegistry));
  app.get('/', homeRoute(options));
  app.get(HTTP_PATHS.openApi, openApiRoute(options));
  app.get(HTTP_PATHS.docs, docsPageRoute);
  app.get(`${HTTP_PATHS.docs}/:file`, docsFileRoute);
  app.use((request, response) => {
    refuse(request, response, { status: 404, code: 'not_found', message: 'no such path' });
  });
  app.use(requestErrors(logger));
  return app;
}
