import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import type { DecidedApplication, DecisionService } from '../decision/decision-service.ts';
import type { Rejection } from '../decision/rejection.ts';
import { NoModelError } from '../decision/route/model-router.ts';
import { sendJson } from './json-response.ts';
import { decideLambdaEvent, isLambdaEvent, type LambdaEventOptions } from './lambda-event.ts';

export const RETRY_AFTER_SECONDS = '5';

export interface PredictRouteOptions extends LambdaEventOptions {
  readonly service: DecisionService;
}

/** `POST /predict`: one application, or a Lambda event of many. The body is raw bytes. */
export function predictRoute(options: PredictRouteOptions): RequestHandler {
  return async (request, response) => {
    const body: Uint8Array = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
    if (isLambdaEvent(body)) {
      return sendLambdaAnswer(response, body, options);
    }
    const outcome = await options.service.decide(body);
    if ('rejection' in outcome) return sendRejection(response, outcome.rejection);
    sendJson(response, 200, predictionOf(outcome));
  };
}

async function sendLambdaAnswer(
  response: Response,
  body: Uint8Array,
  options: LambdaEventOptions,
): Promise<void> {
  const answer = await decideLambdaEvent(body, options, AbortSignal.timeout(30_000));
  if ('rejection' in answer) sendRejection(response, answer.rejection);
  else sendJson(response, 200, answer);
}

function sendRejection(response: Response, { code, field, message }: Rejection): void {
  sendJson(response, rejectionStatus(code), { error: { code, ...(field ? { field } : {}), message } });
}

/** HTTP status of an application that gets no decision. */
export function rejectionStatus(code: Rejection['code']): number {
  if (code === 'too_large') return 413;
  return code === 'not_json' || code === 'invalid_envelope' ? 400 : 422;
}

function predictionOf({ model, role, decision, decisionId, requestId }: DecidedApplication) {
  const { name, version, runId, digest } = model.identity;
  const contract = model.contract as ServingContract;
  return {
    prediction: decision.positive ? contract.decision.positiveClass : contract.decision.negativeClass,
    [contract.decision.name]: decision.positive,
    probability: decision.probability,
    reasons: [],
    request_id: requestId,
    decision_id: decisionId,
    model: name,
    model_version: version,
    run_id: runId,
    digest,
    role,
    scored_at: new Date().toISOString(),
  };
}

/** Answers of `/predict` if there is no decision although the application may be valid. */
export const predictErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (error instanceof NoModelError) {
    return sendJson(
      response,
      503,
      { error: { code: 'no_model', message: error.message } },
      { 'Retry-After': RETRY_AFTER_SECONDS },
    );
  }
  if (error.type === 'entity.too.large') {
    const message = `the body has more than ${error.limit} bytes`;
    return sendJson(response, 413, { error: { code: 'too_large', message } });
  }
  if (error.status >= 400 && error.status < 500) {
    return sendJson(response, error.status, { error: { code: 'bad_request', message: error.message } });
  }
  next(error);
};
