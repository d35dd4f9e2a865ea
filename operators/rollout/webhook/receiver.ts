import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { HTTP_PATHS } from '../../../services/shared/agreements/http-paths.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import { sendError } from '../../../services/shared/http/error-body.ts';
import { requestRefusal } from '../../../services/shared/http/refusal.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { SeenDeliveries } from './seen-deliveries.ts';
import { isAuthentic } from './signature.ts';

export const WEBHOOK_BODY_LIMIT_BYTES = 64 * 1024;

export interface WebhookReceiverOptions {
  readonly secret: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly modelDeployments: () => readonly ModelDeployment[];
  /** Makes the leader read the alias now. */
  readonly wake: (name: string, deliveryId: string) => Promise<void>;
  /** Called with the result of each delivery. */
  readonly onDelivery?: (result: 'woken' | 'ignored' | 'duplicate' | 'refused' | 'failed') => void;
}

const payloadSchema = z.object({
  data: z.object({ name: z.string(), alias: z.string().optional() }),
});

/** Receives MLflow's webhook. A delivery only triggers a read of the alias: nothing else in it is trusted. */
export function webhookReceiver(options: WebhookReceiverOptions): Router {
  const router = Router();
  router.post(
    HTTP_PATHS.mlflowWebhook,
    express.raw({ type: () => true, limit: WEBHOOK_BODY_LIMIT_BYTES }),
    receive(options),
  );
  const refuse: ErrorRequestHandler = (error, _request, response, _next) => {
    options.onDelivery?.('refused');
    sendError(
      response,
      requestRefusal(error) ?? { status: 400, code: 'bad_request', message: error.message },
    );
  };
  router.use(HTTP_PATHS.mlflowWebhook, refuse);
  return router;
}

function receive({
  secret,
  clock,
  logger,
  modelDeployments,
  wake,
  onDelivery,
}: WebhookReceiverOptions): RequestHandler {
  const seen = new SeenDeliveries(clock);
  return async (request, response) => {
    const id = request.get('X-MLflow-Delivery-Id') ?? '';
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const delivery = {
      id,
      timestamp: request.get('X-MLflow-Timestamp'),
      signature: request.get('X-MLflow-Signature'),
      body,
    };
    if (!isAuthentic(delivery, secret, clock.now())) {
      onDelivery?.('refused');
      const message = 'the signature is missing, wrong or too old';
      sendError(response, { status: 401, code: 'unauthorized', message });
      return;
    }
    if (seen.has(id)) {
      onDelivery?.('duplicate');
      response.json({ duplicate: true });
      return;
    }
    const payload = parse(body);
    if (payload === undefined) {
      onDelivery?.('refused');
      const message = "the body is not one of MLflow's alias events";
      sendError(response, { status: 400, code: 'bad_request', message });
      return;
    }
    const concerned = modelDeployments().filter(
      ({ spec }) => spec.model === payload.data.name && spec.registry.alias === payload.data.alias,
    );
    const names = concerned.map(({ metadata }) => metadata.name);
    try {
      await Promise.all(names.map((name) => wake(name, id)));
    } catch (error) {
      logger.warn(
        { error, names },
        'the wake token was not written; MLflow sends the delivery again, and the alias is polled anyway',
      );
      onDelivery?.('failed');
      const message = 'the Kubernetes API gave no answer';
      sendError(response, { status: 503, code: 'unavailable', message });
      return;
    }
    seen.add(id);
    onDelivery?.(names.length > 0 ? 'woken' : 'ignored');
    response.json({ woken: names });
  };
}

function parse(body: Buffer): z.output<typeof payloadSchema> | undefined {
  try {
    return payloadSchema.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
