import type { IncomingHttpHeaders } from 'node:http';
import { type RequestHandler, raw } from 'express';

/** Size limit of a body with many rows. A single application has the lower limit MAX_RECORD_BYTES. */
export const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** Reads every body: also one that is compressed or comes in chunks, or that must be refused. */
const readAnyBody = raw({ type: () => true, limit: BODY_LIMIT_BYTES });

/** Reads the body of a request as bytes, whatever its Content-Type says. */
export const rawBody: RequestHandler = (request, response, next) => {
  const length = plainLength(request.headers);
  if (length === undefined) return readAnyBody(request, response, next);
  const chunks: Buffer[] = [];
  let missing = length;
  // Node's parser gives exactly `length` bytes. If the client leaves before, nobody is there to answer.
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    missing -= chunk.length;
    if (missing > 0) return;
    request.body = chunks.length === 1 ? chunk : Buffer.concat(chunks, length);
    next();
  });
};

/** Length of a body that needs no decoding and is within the limit. Undefined for any other body. */
function plainLength(headers: IncomingHttpHeaders): number | undefined {
  if (headers['content-encoding'] !== undefined || headers['transfer-encoding'] !== undefined)
    return undefined;
  const length = Number(headers['content-length']);
  return length > 0 && length <= BODY_LIMIT_BYTES ? length : undefined;
}
