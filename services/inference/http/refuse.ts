import type { ErrorRequestHandler, Request, Response } from 'express';
import { HTTP_PATHS } from '../../shared/agreements/http-paths.ts';
import { sendError } from '../../shared/http/error-body.ts';
import { sendJson } from '../../shared/http/json-response.ts';
import { type Refusal, requestRefusal } from '../../shared/http/refusal.ts';
import type { Logger } from '../../shared/logging.ts';
import { NoModelError } from '../decision/route/model-router.ts';
import { sendInvocationError } from './invocation-error.ts';

export const RETRY_AFTER_SECONDS = '5';

const PROTOCOL_PATH = /^\/v2(?:[/?]|$)/;

/** Sends a refusal in the form that clients of the path expect. */
export function refuse(request: Request, response: Response, refusal: Refusal): void {
  const path = request.originalUrl.toLowerCase();
  if (PROTOCOL_PATH.test(path)) {
    sendJson(response, refusal.status, { error: refusal.message }, refusal.headers);
  } else if (path.startsWith(HTTP_PATHS.invocations)) sendInvocationError(response, refusal);
  else sendError(response, refusal);
}

/** Answers a request that failed before or in its route. */
export function requestErrors(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    const refusal = refusalOf(error);
    if (refusal.status === 500) logger.error({ error, path: request.path }, 'request failed');
    if (response.headersSent) return next(error);
    refuse(request, response, refusal);
  };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof NoModelError) {
    const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
    return { status: 503, code: 'no_model', message: error.message, headers };
  }
  // The message of another error may reveal internals, so only the log has it.
  const internal = { status: 500, code: 'internal', message: 'the server failed on this request' };
  return requestRefusal(error) ?? internal;
}
