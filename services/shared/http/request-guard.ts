import type { Request, RequestHandler, Response } from 'express';
import type { HttpOperation } from './operation.ts';
import type { Refusal } from './refusal.ts';
import { RouteTable } from './route-table.ts';

/** Longest target of a request. HTTP asks every server for at least 8,000 octets. */
export const TARGET_LIMIT_CHARACTERS = 8_192;

export interface RequestGuardOptions {
  readonly operations: readonly HttpOperation[];
  /** Sends the refusal in the form that clients of the path expect. */
  readonly refuse: (request: Request, response: Response, refusal: Refusal) => void;
}

/** Answers what concerns every path: OPTIONS, a method that the path does not have, and a target that is too long. */
export function requestGuard({ operations, refuse }: RequestGuardOptions): RequestHandler {
  const table = new RouteTable(operations);
  return (request, response, next) => {
    if (request.url.length > TARGET_LIMIT_CHARACTERS) {
      const message = `the path with its query has ${request.url.length} characters: it must have at most ${TARGET_LIMIT_CHARACTERS}`;
      return refuse(request, response, { status: 414, code: 'uri_too_long', message });
    }
    const known = table.find(request.path);
    if (known === undefined || known.methods.has(request.method)) return next();
    const headers = { Allow: known.allow };
    if (request.method === 'OPTIONS') {
      response.writeHead(204, headers).end();
      return;
    }
    const message = `the method is ${request.method}: this path takes ${known.allow}`;
    refuse(request, response, { status: 405, code: 'method_not_allowed', message, headers });
  };
}
