import type { RequestHandler } from 'express';
import { RouteTable } from '../../shared/http/route-table.ts';
import { API_OPERATIONS } from './operations/inference-operations.ts';

/** Time for which a browser remembers the answer to a preflight. Chromium keeps none for longer than 2 h. */
const PREFLIGHT_SECONDS = '7200';

/** Headers of an answer that a page may read beside those that every page may read. */
const EXPOSED = 'Inference-Header-Content-Length, Retry-After, X-Amz-Function-Error';

/**
 * Lets pages of the allowed origins call the API paths, and no other path. Never with credentials: the service knows no
 * users, so a page must not act as the person who looks at it.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  const table = new RouteTable(API_OPERATIONS);
  const every = origins.includes('*');
  return (request, response, next) => {
    const known = table.find(request.path);
    if (known === undefined) return next();
    // A cache must not give one origin's answer to another origin, also if this request names none.
    if (!every) response.vary('Origin');
    const { origin } = request.headers;
    if (origin === undefined || !(every || origins.includes(origin))) return next();
    response.setHeader('Access-Control-Allow-Origin', every ? '*' : origin);
    if (request.method === 'OPTIONS' && 'access-control-request-method' in request.headers) {
      response.setHeader('Access-Control-Allow-Methods', known.allow);
      response.setHeader('Access-Control-Allow-Headers', '*');
      response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    } else {
      response.setHeader('Access-Control-Expose-Headers', EXPOSED);
    }
    next();
  };
}
