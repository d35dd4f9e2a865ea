import { type ErrorRequestHandler, type Request, Router } from 'express';
import type { ModelRouter } from '../decision/route/model-router.ts';
import type { Servable } from '../decision/route/servable.ts';
import type { InferenceMetrics } from '../metrics.ts';
import type { TensorData, TensorSpec } from '../model/graph-signature.ts';
import { ScoringError } from '../model/model.ts';
import { DATATYPES } from './datatype.ts';
import { InferenceError } from './inference-error.ts';
import { parseInferenceRequest } from './inference-request.ts';
import { sendJson } from './json-response.ts';
import { rawBody } from './raw-body.ts';
import { measured } from './request-metrics.ts';
import { validatedTensors } from './validated-tensors.ts';

export interface InferenceProtocolOptions {
  readonly modelName: string;
  readonly router: ModelRouter;
  readonly metrics: InferenceMetrics;
  /** Version of this service, for the server's metadata. */
  readonly serviceVersion: string;
}

/**
 * The Open Inference Protocol v2 over HTTP/JSON, for the stable model and the candidate.
 * https://github.com/kserve/open-inference-protocol
 */
export function inferenceProtocol(options: InferenceProtocolOptions): Router {
  const { modelName, router, metrics, serviceVersion } = options;
  const routes = Router();

  routes.get('/', measured(metrics, '/v2'), (_request, response) => {
    sendJson(response, 200, { name: `${modelName}-inference`, version: serviceVersion, extensions: [] });
  });
  routes.get('/health/live', measured(metrics, '/v2/health/live'), (_request, response) => {
    sendJson(response, 200, { live: true });
  });
  routes.get('/health/ready', measured(metrics, '/v2/health/ready'), (_request, response) => {
    const ready = router.stable !== undefined;
    sendJson(response, ready ? 200 : 503, { ready });
  });

  const modelPaths = ['/models/:model', '/models/:model/versions/:version'];
  const paths = (suffix: string) => modelPaths.map((path) => path + suffix);

  routes.get(paths('/ready'), measured(metrics, '/v2/models/ready'), (request, response) => {
    const { model, version } = named(request);
    checkName(model);
    const state = version === undefined ? stableState() : router.stateOf(version);
    if (state.state === 'unknown') throw unknownVersion(model, version);
    const ready = state.state === 'ready';
    sendJson(response, ready ? 200 : 503, {
      name: model,
      ...(version ? { version } : {}),
      ready,
      ...state,
    });
  });

  routes.get(modelPaths, measured(metrics, '/v2/models'), (request, response) => {
    const { model } = find(request);
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
    const servable = find(request);
    const body: Uint8Array = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
    sendJson(response, 200, await servable.use(() => infer(servable, body)));
  });

  routes.use(() => {
    throw new InferenceError(404, 'no such path');
  });
  routes.use(protocolErrors);
  return routes;

  function stableState() {
    return { state: router.stable ? 'ready' : 'loading' } as const;
  }

  function checkName(name: string): void {
    if (name !== modelName) throw new InferenceError(404, `no model ${name}: this server has ${modelName}`);
  }

  function unknownVersion(name: string, version: string | undefined): InferenceError {
    return new InferenceError(404, `${name} version ${version} is not loaded here`);
  }

  function find(request: Request): Servable {
    const { model, version } = named(request);
    checkName(model);
    const servable = version === undefined ? router.stable : router.find(version);
    if (servable !== undefined) return servable;
    if (version === undefined || router.stateOf(version).state !== 'unknown') {
      throw new InferenceError(503, `${model} is not loaded yet`);
    }
    throw unknownVersion(model, version);
  }
}

/** Parameters of the path. A path without a version means the stable model. */
function named({ params }: Request): { model: string; version: string | undefined } {
  return {
    model: String(params.model),
    version: params.version === undefined ? undefined : String(params.version),
  };
}

async function infer({ model, decider }: Servable, body: Uint8Array) {
  const { id, tensors, outputs: wanted } = parseInferenceRequest(body, model.inputs);
  const unknown = wanted?.find((name) => !model.signature.outputs.some((output) => output.name === name));
  if (unknown !== undefined) throw new InferenceError(400, `the model has no output ${unknown}`);
  const outputs = await model.infer(decider ? validatedTensors(decider, tensors) : tensors);
  const { name, version } = model.identity;
  return {
    model_name: name,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    outputs: outputs
      .filter((output) => wanted?.includes(output.name) ?? true)
      .map(({ name, type, shape, data }) => ({
        name,
        datatype: DATATYPES[type],
        shape,
        data: jsonValues(data),
      })),
  };
}

function metadata({ name, type, shape }: TensorSpec) {
  return { name, datatype: DATATYPES[type], shape };
}

function jsonValues(data: TensorData): unknown[] {
  return data instanceof BigInt64Array ? Array.from(data, Number) : Array.from(data as ArrayLike<unknown>);
}

const protocolErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (error instanceof InferenceError) return sendJson(response, error.status, { error: error.message });
  if (error instanceof ScoringError) return sendJson(response, 500, { error: error.message });
  if (error.type === 'entity.too.large')
    return sendJson(response, 413, { error: `the body has more than ${error.limit} bytes` });
  if (error.status >= 400 && error.status < 500)
    return sendJson(response, error.status, { error: error.message });
  next(error);
};
