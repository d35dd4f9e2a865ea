import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers of Node's parser by its error code. Any other fault of the syntax is 400. */
const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const ERRORS: Readonly<Record<string, { readonly code: string; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    code: 'headers_too_large',
    message: 'the request line and the headers have more than 16 KiB',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { code: 'too_large', message: 'the extensions of a chunk are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request_timeout', message: 'the request took too long to arrive' },
};

const SYNTAX = { code: 'bad_request', message: 'the request is not HTTP/1.1' };

/** Answers what the parser refuses, and closes the connection. Node's own answer has no body. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const { _httpMessage: answer } = socket as { readonly _httpMessage?: ServerResponse | null };
  // After half an answer another answer would be read as the rest of it.
  if (error.code === 'ECONNRESET' || !socket.writable || answer?.headersSent === true) {
    socket.destroy();
    return;
  }
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ error: ERRORS[error.code ?? ''] ?? SYNTAX });
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  // The rest of what the client sends is not read, so the socket goes as soon as the answer is written.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
