import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Response,
  type Router,
} from 'express';
import type { Registry as MetricsRegistry } from 'prom-client';
import { HTTP_PATHS } from '../../services/shared/agreements/http-paths.ts';
import { sendError } from '../../services/shared/http/error-body.ts';
import { withLastResort } from '../../services/shared/http/last-resort.ts';
import { type Refusal, requestRefusal } from '../../services/shared/http/refusal.ts';
import { requestGuard } from '../../services/shared/http/request-guard.ts';
import type { Logger } from '../../services/shared/logging.ts';
import { metricsHandler } from '../../services/shared/metrics.ts';
import type { RolloutMetrics } from './metrics.ts';
import { OPERATOR_OPERATIONS } from './operator-operations.ts';

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
  readonly logger: Logger;
}

/** Probes, metrics and the webhook of one replica. Every replica serves them, leader or not. */
export function operatorApp({
  metricsRegistry,
  metrics,
  state,
  webhooks,
  logger,
}: OperatorAppOptions): Express {
  const app = withLastResort(express().disable('x-powered-by'));
  const refuse = (_request: Request, response: Response, refusal: Refusal) => sendError(response, refusal);
  const operations = OPERATOR_OPERATIONS.filter(
    ({ paths }) => webhooks !== undefined || !paths.includes(HTTP_PATHS.mlflowWebhook),
  );
  app.use(requestGuard({ operations, refuse }));
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
  app.use((_request, response) => {
    sendError(response, { status: 404, code: 'not_found', message: 'no such path' });
  });
  app.use(requestErrors(logger));
  return app;
}

/** The message of an error that is not the client's may reveal internals, so only the log has it. */
function requestErrors(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    const refusal = requestRefusal(error);
    if (refusal === undefined) logger.error({ error, path: request.path }, 'request failed');
    if (response.headersSent) return next(error);
    sendError(
      response,
      refusal ?? { status: 500, code: 'internal', message: 'the server failed on this request' },
    );
  };
}
