import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type HttpCloseOptions, HttpListener } from '../../../services/shared/http-listener.ts';

const AT_ONCE = { drainMilliseconds: 0, deadlineMilliseconds: 10_000 };
/** A stop that waits for no client takes less, also on a busy machine. */
const QUICKLY_MILLISECONDS = 1_500;

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function listening(app: RequestListener = (_request, response) => response.end('answer')) {
  const listener = await HttpListener.listen(app, {
    host: '127.0.0.1',
    port: 0,
    keepAliveMilliseconds: 75_000,
  });
  const port = listener.address?.port ?? 0;
  cleanUps.push(() => port && listener.address && listener.close({ ...AT_ONCE, deadlineMilliseconds: 0 }));
  return { listener, port };
}

/** A connected socket, after it has sent `bytes`. */
async function connected(port: number, bytes = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  cleanUps.push(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (bytes !== '') await new Promise((resolve) => socket.write(bytes, resolve));
  return socket;
}

function agentOf(maxSockets = 1): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets });
  cleanUps.push(() => agent.destroy());
  return agent;
}

async function ask(port: number, agent: Agent): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

async function timed(listener: HttpListener, options: HttpCloseOptions = AT_ONCE) {
  const startedAt = performance.now();
  const ended = await listener.close(options);
  return { ended, milliseconds: performance.now() - startedAt };
}

describe('closing', () => {
  test('takes no time without a connection', async () => {
    const { listener } = await listening();
    expect((await timed(listener)).milliseconds).toBeLessThan(QUICKLY_MILLISECONDS);
  });

  test('a connection that never sent a request does not hold it', async () => {
    const { listener, port } = await listening();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => connected(port)));
    const { ended, milliseconds } = await timed(listener);
    expect(ended).toBe(0);
    expect(milliseconds).toBeLessThan(QUICKLY_MILLISECONDS);
    for (const socket of sockets) socket.destroy();
  });

  test('a request that is not complete holds it for a bounded time', async () => {
    const incomplete = [
      'GET /',
      'GET / HTTP/1.1\r\nHost: here\r\nX-Ha',
      'POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf',
      'POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf',
      'GET / HTTP/1.1\r\nHost: here\r\n\r\nGET / HT',
    ];
    const closes = incomplete.map(async (bytes) => {
      const { listener, port } = await listening(async (request, response) => {
        await text(request).catch(() => {});
        response.end('answer');
      });
      await connected(port, bytes);
      return timed(listener);
    });
    for (const { ended, milliseconds } of await Promise.all(closes)) {
      expect(ended).toBe(0);
      expect(milliseconds).toBeLessThan(2_000 + QUICKLY_MILLISECONDS);
    }
  });

  test('a body that goes on arriving is waited for, and answered', async () => {
    const { listener, port } = await listening(async (request, response) =>
      response.end(`got ${await text(request)}`),
    );
    const socket = await connected(port, 'POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 6\r\n\r\n');
    const answer = text(socket);
    const closed = timed(listener);
    for (const byte of 'abcdef') {
      await delay(500);
      socket.write(byte);
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(await answer).toContain('\r\nConnection: close\r\n');
    expect(await answer).toContain('got abcdef');
    expect((await closed).ended).toBe(0);
  });

  test('a request in progress gets its answer, which says that the connection ends', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    const { listener, port } = await listening((_request, response) => asked.resolve(response));
    const answer = ask(port, agentOf());
    const response = await asked.promise;
    const closed = timed(listener);
    await delay(100);
    response.end('answer');
    expect(await answer).toMatchObject({ statusCode: 200, headers: { connection: 'close' } });
    expect(await closed).toMatchObject({ ended: 0 });
  });

  test('every one of several pipelined requests gets its answer', async () => {
    const answers: ServerResponse[] = [];
    const asked = Promise.withResolvers<void>();
    const { listener, port } = await listening((_request, response) => {
      answers.push(response);
      if (answers.length === 3) asked.resolve();
    });
    const socket = await connected(port, 'GET / HTTP/1.1\r\nHost: here\r\n\r\n'.repeat(2));
    const received = text(socket);
    await delay(50);
    const closed = timed(listener);
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await asked.promise;
    for (const [index, response] of answers.entries()) response.end(`answer ${index}`);
    const all = await received;
    expect(all.match(/answer \d/g)).toEqual(['answer 0', 'answer 1', 'answer 2']);
    expect(all.match(/Connection: close/g)).toHaveLength(1);
    expect((await closed).ended).toBe(0);
  });

  test('a client that does not read its answer is ended at the deadline', async () => {
    const { listener, port } = await listening((_request, response) =>
      response.end(Buffer.alloc(50_000_000)),
    );
    const socket = await connected(port, 'GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await once(socket, 'readable');
    const { ended, milliseconds } = await timed(listener, {
      drainMilliseconds: 0,
      deadlineMilliseconds: 500,
    });
    expect(ended).toBe(1);
    expect(milliseconds).toBeGreaterThanOrEqual(499);
    expect(milliseconds).toBeLessThan(500 + QUICKLY_MILLISECONDS);
  });

  test('a kept connection may send one more request, whose answer tells it to leave', async () => {
    const { listener, port } = await listening();
    const agent = agentOf();
    expect((await ask(port, agent)).headers.connection).toBe('keep-alive');
    const closed = timed(listener);
    await delay(500);
    expect((await ask(port, agent)).headers.connection).toBe('close');
    expect((await closed).milliseconds).toBeLessThan(500 + QUICKLY_MILLISECONDS);
  });

  test('a kept connection whose client is away holds it for a bounded time', async () => {
    const { listener, port } = await listening();
    await ask(port, agentOf());
    const { ended, milliseconds } = await timed(listener);
    expect(ended).toBe(0);
    expect(milliseconds).toBeGreaterThan(900);
    expect(milliseconds).toBeLessThan(1_000 + QUICKLY_MILLISECONDS);
  });

  test('new connections are accepted and answered for the drain time, and refused after it', async () => {
    const { listener, port } = await listening();
    const closed = timed(listener, { drainMilliseconds: 600, deadlineMilliseconds: 10_000 });
    for (let asked = 0; asked < 4; asked++) {
      expect(await ask(port, agentOf())).toMatchObject({ statusCode: 200, headers: { connection: 'close' } });
      await delay(50);
    }
    const { ended, milliseconds } = await closed;
    expect(ended).toBe(0);
    expect(milliseconds).toBeGreaterThanOrEqual(599);
    expect(milliseconds).toBeLessThan(600 + QUICKLY_MILLISECONDS);
    await expect(ask(port, agentOf())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('no kept connection is ended before the drain time is over', async () => {
    const { listener, port } = await listening();
    const agent = agentOf();
    await ask(port, agent);
    const closed = timed(listener, { drainMilliseconds: 3_000, deadlineMilliseconds: 10_000 });
    await delay(2_500);
    expect((await ask(port, agent)).headers.connection).toBe('close');
    expect((await closed).ended).toBe(0);
  });
});

test('an answer tells how long the connection is kept', async () => {
  const { port } = await listening();
  expect((await ask(port, agentOf())).headers['keep-alive']).toBe('timeout=75');
});

test('an address that is in use is an error', async () => {
  const { port } = await listening();
  await expect(
    HttpListener.listen(() => {}, { host: '127.0.0.1', port, keepAliveMilliseconds: 1_000 }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
