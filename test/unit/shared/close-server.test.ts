import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { closeServer } from '../../../services/shared/close-server.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that keeps a connection open as long as its client does. */
async function listening(handler: Handler): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 0 }, handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return server;
}

async function ask(server: Server, agent: Agent): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

test('a client that never pauses on its kept connection is told to close it, and loses no request', async () => {
  let closed: Promise<void> | undefined;
  const server = await listening((_request, response) => {
    closed ??= closeServer(server);
    response.end('answer');
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { port } = server.address() as AddressInfo;
  expect(await ask(server, agent)).toMatchObject({ statusCode: 200 });
  const [last] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  expect(last.statusCode).toBe(200);
  expect(last.headers.connection).toBe('close');
  await closed;
  agent.destroy();
}, 10_000);

test('a connection that falls idle after its last answer is closed', async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = await listening((_request, response) => asked.resolve(response));
  const agent = new Agent({ keepAlive: true });
  const answer = ask(server, agent);
  const response = await asked.promise;
  const closed = closeServer(server);
  response.end('answer');
  expect(await answer).toMatchObject({ statusCode: 200 });
  await closed;
  agent.destroy();
}, 10_000);
