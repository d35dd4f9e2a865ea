import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { HttpListener } from '../../../services/shared/http-listener.ts';

async function answerTo(bytes: string, app: RequestListener = (_, response) => response.end('{}')) {
  const listener = await HttpListener.listen(app, { host: '::1', port: 0, keepAliveMilliseconds: 75_000 });
  try {
    const socket = connect(listener.address?.port ?? 0, '::1');
    await once(socket, 'connect');
    socket.write(bytes);
    return await text(socket);
  } finally {
    await listener.close({ drainMilliseconds: 0, deadlineMilliseconds: 0 });
  }
}

test.each([
  [
    'headers above 16 KiB',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  ['a path above 16 KiB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers_too_large'],
  ['what is not HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400, undefined],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
    'bad_request',
  ],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'bad_request'],
])('a request with %s is refused', async (_, bytes, status, code) => {
  const [head = '', body = ''] = (await answerTo(bytes)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toContain('Connection: close');
  if (code === undefined) return;
  expect(head).toContain('Content-Type: application/json');
  expect(JSON.parse(body)).toEqual({ error: { code, message: expect.any(String) } });
});

test('a fault behind half an answer ends the connection without another answer', async () => {
  const answer = await answerTo(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n',
    (request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('half');
      request.resume();
    },
  );
  expect(answer).not.toContain('400');
});

test('an address of IPv6 is printed in brackets', async () => {
  const listener = await HttpListener.listen((_, response) => response.end(), {
    host: '::1',
    port: 0,
    keepAliveMilliseconds: 75_000,
  });
  expect(listener.url).toBe(`http://[::1]:${listener.address?.port}`);
  expect((await fetch(String(listener.url))).status).toBe(200);
  await listener.close({ drainMilliseconds: 0, deadlineMilliseconds: 0 });
  expect(listener.url).toBeUndefined();
});
