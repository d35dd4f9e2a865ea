import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import fc from 'fast-check';
import { BODY_LIMIT_BYTES, rawBody } from '../../../../services/inference/http/raw-body.ts';
import { until } from '../../../support/until.ts';

/** Paths below which the body is read by the function under test, and by the body parser of express. */
const READERS = ['/raw', '/plain'] as const;

let server: Server;
let answered = 0;
beforeAll(async () => {
  const app = express();
  app.post('/raw', rawBody);
  app.post('/plain', express.raw({ type: () => true, limit: BODY_LIMIT_BYTES }));
  app.use((request, response) => {
    answered++;
    response.end(request.body);
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

async function connected() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** The body of the answer to a request that is written in these parts. */
async function echoOf(path: string, headers: string, parts: readonly Uint8Array[]): Promise<Buffer> {
  const socket = await connected();
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`);
  for (const part of parts) socket.write(part);
  const answer = await buffer(socket);
  return answer.subarray(answer.indexOf('\r\n\r\n') + 4);
}

function chunked(part: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
}

test('a body is the bytes that were sent, in however many parts, and as the body parser reads it', async () => {
  const part = fc.uint8Array({ minLength: 1, maxLength: 20_000, size: 'max' });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
      const sent = Buffer.concat(parts);
      for (const path of READERS) {
        const whole = await echoOf(path, `Content-Length: ${sent.length}\r\n`, parts);
        expect(whole.equals(sent)).toBe(true);
        const chunks = [...parts.map(chunked), Buffer.from('0\r\n\r\n')];
        const inChunks = await echoOf(path, 'Transfer-Encoding: chunked\r\n', chunks);
        expect(inChunks.equals(sent)).toBe(true);
      }
    }),
    // A long run has no more cases, because each opens four connections.
    { numRuns: 40 },
  );
});

test('a body of exactly the limit is read', async () => {
  const sent = Buffer.alloc(BODY_LIMIT_BYTES, 'x');
  const body = await echoOf('/raw', `Content-Length: ${sent.length}\r\n`, [sent]);
  expect(body.equals(sent)).toBe(true);
});

test('two requests in one packet are answered in order', async () => {
  const socket = await connected();
  const request = (body: string, close: string) =>
    `POST /raw HTTP/1.1\r\nHost: a\r\n${close}Content-Length: ${body.length}\r\n\r\n${body}`;
  socket.write(request('first', '') + request('second', 'Connection: close\r\n'));
  const answers = (await buffer(socket)).toString().split('HTTP/1.1 200 OK');
  expect(answers.map((answer) => answer.split('\r\n\r\n')[1])).toEqual([undefined, 'first', 'second']);
});

test('a client that leaves amid its body is not answered, and the next client is', async () => {
  const before = answered;
  const socket = await connected();
  socket.write('POST /raw HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
  await once(server, 'request');
  socket.destroy();
  const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  await until('the connection is gone', async () => (await open()) === 0);
  expect(answered).toBe(before);
  const body = await echoOf('/raw', 'Content-Length: 4\r\n', [Buffer.from('next')]);
  expect(body.toString()).toBe('next');
});
