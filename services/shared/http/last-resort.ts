import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { sendError } from './error-body.ts';

type Done = (error?: unknown) => void;
type Handle = (request: IncomingMessage, response: ServerResponse, done?: Done) => void;

/**
 * Takes the place of express's own last answer, which is an HTML page. No handler sees a target that is no URL, such as
 * `http://[`.
 */
export function withLastResort(app: Express): Express {
  const { handle } = app as unknown as { readonly handle: Handle };
  const answered: Handle = (request, response, done) =>
    handle.call(app, request, response, done ?? lastResort(request, response));
  return Object.assign(app, { handle: answered });
}

function lastResort(request: IncomingMessage, response: ServerResponse): Done {
  return (error) => {
    // Half an answer cannot be taken back. The client must see that it is not whole.
    if (response.headersSent) request.socket.destroy();
    else if (error === undefined) {
      sendError(response, {
        status: 400,
        code: 'bad_request',
        message: 'the target of the request is not a URL',
      });
    } else {
      sendError(response, { status: 500, code: 'internal', message: 'the server failed on this request' });
    }
  };
}
