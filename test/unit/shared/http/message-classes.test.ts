import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import express from 'express';
import { messageClasses } from '../../../../services/shared/http/message-classes.ts';

test('requests and answers have the prototypes of express before and after its handling', async () => {
  const app = express();
  const prototypes: unknown[] = [];
  app.get('/a', (request, response) => {
    prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
    response.json({ path: request.path, query: request.query, host: request.get('host') !== undefined });
  });
  const server = createServer(messageClasses(app), (request, response) => {
    prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
    app(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c`);
    expect(await answer.json()).toEqual({ path: '/a', query: { b: 'c' }, host: true });
    expect(prototypes).toEqual([app.request, app.response, app.request, app.response]);
    expect(app.request).toBeInstanceOf(IncomingMessage);
    expect(app.response).toBeInstanceOf(ServerResponse);
    expect(app.request.app).toBe(app);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
