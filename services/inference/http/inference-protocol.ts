import { type ErrorRequestHandler, Router } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { sendJson } from '../../shared/http/json-response.ts';
import type { Logger } from '../../shared/logging.ts';
import type { ModelRouter } from '../decision/route/model-router.ts';
import type { InferenceMetrics } from '../metrics.ts';
import type { TensorSpec } from '../model/graph-signature.ts';
import { ScoringError } from '../model/model.ts';
import { infer, sendAnswer } from './inference-answer.ts';
import { InferenceError } from './inference-error.ts';
import { EXTENSIONS } from './inference-extensions.ts';
import { InferenceStatistics } from './inference-statistics.ts';
import { addModelManagement } from './model-management-routes.ts';
import { NamedModels } from './named-models.ts';
import type { Dependencies } from './probes.ts';
import { rawBody } from './raw-body.ts';
import { measured } from './request-metrics.ts';
import { JSON_LENGTH_HEADER } from './tensor/binary-data.ts';
import { DATATYPES } from './tensor/datatype.ts';

export interface InferenceProtocolOptions {
  readonly modelName: string;
  readonly router: ModelRouter;
  readonly dependencies: Dependencies;
  readonly metrics: InferenceMetrics;
  /** Version of this service, for the server's metadata. */
  readonly serviceVersion: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The Open Inference Protocol v2 over HTTP/JSON, for the stable model and the candidate.
 * https://github.com/kserve/open-inference-protocol
 */
export function inferenceProtocol(options: InferenceProtocolOptions): Router {
  const { modelName, router, dependencies, metrics, serviceVersion, clock } = options;
  const routes = Router();
  const models = new NamedModels(modelName, router);
  const statistics = new InferenceStatistics();

  routes.get('/', measured(metrics, '/v2'), (_request, response) => {
    sendJson(response, 200, {
      name: `${modelName}-inference`,
      version: serviceVersion,
      extensions: EXTENSIONS,
    });
  });
  routes.get('/health/live', measured(metrics, '/v2/health/live'), (_request, response) => {
    sendJson(response, 200, { live: true });
  });
  routes.get('/health/ready', measured(metrics, '/v2/health/ready'), (_request, response) => {
    const ready = router.stable !== undefined && !dependencies.stopping;
    sendJson(response, ready ? 200 : 503, { ready });
  });

  const modelPaths = ['/models/:model', '/models/:model/versions/:version'];
  const paths = (suffix: string) => modelPaths.map((path) => path + suffix);

  addModelManagement(routes, { models, router, statistics, metrics });

  routes.get(paths('/ready'), measured(metrics, '/v2/models/ready'), (request, response) => {
    const { model, version } = models.name(request);
    const state = models.stateOf(request);
    const ready = state.state === 'ready';
    sendJson(response, ready ? 200 : 503, {
      name: model,
      ...(version ? { version } : {}),
      ready,
      ...state,
      ...(ready ? { digest: models.find(request).model.identity.digest } : {}),
    });
  });

  routes.get(modelPaths, measured(metrics, '/v2/models'), (request, response) => {
    const { model } = models.find(request);
    const { name, version } = model.identity;
    sendJson(response, 200, {
      name,
      versions: [version],
      platform: 'onnx_onnxv1',
      inputs: model.inputs.map(metadata),
      outputs: model.signature.outputs.map(metadata),
    });
  });

  routes.post(paths('/infer'), measured(metrics, '/v2/models/infer'), rawBody, async (request, response) => {
    const servable = models.find(request);
    const body: Uint8Array = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
    const options = {
      body,
      jsonLength: request.get(JSON_LENGTH_HEADER),
      statistics: statistics.of(servable),
      clock,
    };
    sendAnswer(response, await servable.use(() => infer(servable, options)));
  });

  routes.use(() => {
    throw new InferenceError(404, 'no such path');
  });
  routes.use(protocolErrors(options.logger));
  return routes;
}

function metadata({ name, type, shape }: TensorSpec) {
  return { name, datatype: DATATYPES[type], shape };
}

/** Answers every error as `{"error": "…"}`, because clients of the protocol read a text there. */
function protocolErrors(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, message } = answerTo(error);
    // The message may reveal internals, so only the log has it.
    if (message === undefined) logger.error({ error, path: request.path }, 'request failed');
    sendJson(response, status, { error: message ?? 'the server failed on this request' });
  };
}

function answerTo(error: unknown): { readonly status: number; readonly message?: string } {
  if (error instanceof InferenceError) return error;
  if (error instanceof ScoringError) return { status: 500, message: error.message };
  const { type, limit, status = 500, message } = error as Partial<Record<string, unknown>>;
  if (type === 'entity.too.large') return { status: 413, message: `the body has more than ${limit} bytes` };
  const isRefusal = typeof status === 'number' && status >= 400 && status < 500;
  return isRefusal ? { status, message: String(message) } : { status: 500 };
}
