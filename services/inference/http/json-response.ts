import type { ServerResponse } from 'node:http';

/** Sends JSON without express's `send`, which would hash every body for an ETag. */
function sendJsonText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, {
      // Without a charset: JSON is always UTF-8, and KServe's client compares the type for equality.
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      ...headers,
    })
    .end(text);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): void {
  sendJsonText(response, status, JSON.stringify(body), headers);
}
