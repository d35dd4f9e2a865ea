import type { RequestHandler } from 'express';
import { sendJson } from '../../shared/http/json-response.ts';
import type { Refusal } from '../../shared/http/refusal.ts';
import type { DecisionService } from '../decision/decision-service.ts';
import type { Rejection } from '../decision/rejection.ts';
import { decideLambdaEvent, type LambdaEventOptions, readLambdaEvent } from './lambda-event.ts';
import { predictionOf } from './prediction.ts';
import { refuse } from './refuse.ts';

const EVENT_MILLISECONDS = 30_000;

export interface PredictRouteOptions extends LambdaEventOptions {
  readonly service: DecisionService;
}

/** One application, or a Lambda event of many. The body is raw bytes. `/predict` and Lambda's path share it. */
export function predictRoute(options: PredictRouteOptions): RequestHandler {
  return async (request, response) => {
    const body: Uint8Array = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
    const outcome = await answerOf(body, options);
    if ('rejection' in outcome) return refuse(request, response, refusalOf(outcome.rejection));
    sendJson(response, 200, outcome);
  };
}

async function answerOf(
  body: Uint8Array,
  options: PredictRouteOptions,
): Promise<object | { readonly rejection: Rejection }> {
  const event = readLambdaEvent(body);
  if (event !== undefined) {
    if ('rejection' in event) return event;
    return decideLambdaEvent(event, options, AbortSignal.timeout(EVENT_MILLISECONDS));
  }
  const decided = await options.service.decide(body);
  return 'rejection' in decided ? decided : predictionOf(decided);
}

function refusalOf(rejection: Rejection): Refusal {
  return { ...rejection, status: rejectionStatus(rejection.code) };
}

/** HTTP status of an application that gets no decision. */
export function rejectionStatus(code: Rejection['code']): number {
  if (code === 'too_large') return 413;
  return code === 'not_json' || code === 'invalid_envelope' ? 400 : 422;
}
