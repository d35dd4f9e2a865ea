import type { ServerResponse } from 'node:http';

/** Sends JSON without express's `send`, which would hash every body for an ETag. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      // Without a charset: JSON is always UTF-8, and KServe's client compares the type for equality.
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      ...headers,
    })
    .end(text);
}
