import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Prometheus } from '../../../../operators/rollout/measurement/prometheus.ts';

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

function answering(status: number, body: unknown): RequestListener {
  return (_request, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

describe('a Prometheus query', () => {
  test('is posted as a form, and gives the vector', async () => {
    let asked = '';
    const url = await serve(async (request, response) => {
      asked = `${request.method} ${request.url} ${await text(request)}`;
      const result = [
        { metric: { le: '+Inf' }, value: [1, '5.5'] },
        { metric: {}, value: [1, 'NaN'] },
        { metric: {}, value: [1, '+Inf'] },
      ];
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    });
    expect(await new Prometheus().query(url, 'up{a="b"}')).toEqual([
      { labels: { le: '+Inf' }, value: 5.5 },
      { labels: {}, value: Number.NaN },
      { labels: {}, value: Number.POSITIVE_INFINITY },
    ]);
    expect(asked).toBe('POST /api/v1/query query=up%7Ba%3D%22b%22%7D');
  });

  test('that gives a scalar gives one sample', async () => {
    const data = { resultType: 'scalar', result: [1, '2'] };
    const url = await serve(answering(200, { status: 'success', data }));
    expect(await new Prometheus().query(url, '2')).toEqual([{ labels: {}, value: 2 }]);
  });

  test.each([
    [
      'the expression is wrong',
      400,
      { status: 'error', errorType: 'bad_data', error: 'parse error' },
      'refused',
      'parse error',
    ],
    [
      'the query has too many samples',
      422,
      { status: 'error', errorType: 'execution', error: 'too many samples' },
      'refused',
      'too many samples',
    ],
    ['the body is HTML', 200, '<html>', 'unreachable', '200 without a query result'],
    ['the body is other JSON', 400, { error: 'no such route' }, 'unreachable', '400 without a query result'],
    ['the status is 401', 401, 'Unauthorized', 'unreachable', '401'],
    [
      'the status is 403',
      403,
      { status: 'error', errorType: 'forbidden', error: 'not yours' },
      'unreachable',
      '403',
    ],
    ['the path does not exist', 404, '404 page not found', 'unreachable', '404'],
    [
      'the status is 429',
      429,
      { status: 'error', errorType: 'too_many_requests', error: 'slow down' },
      'unreachable',
      '429',
    ],
    [
      'the result is a matrix',
      200,
      { status: 'success', data: { resultType: 'matrix', result: [] } },
      'refused',
      'the query gave a matrix',
    ],
    ['the server fails', 503, 'starting', 'unreachable', '503'],
  ])('fails with a message if %s', async (_what, status, body, kind, message) => {
    const url = await serve(answering(status, body));
    const error = await new Prometheus().query(url, 'up').catch((error: unknown) => error);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  test('gives up after its time-out, and if nothing listens', async () => {
    const url = await serve(() => {});
    await expect(new Prometheus(50).query(url, 'up')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(new Prometheus().query('http://127.0.0.1:1', 'up')).rejects.toMatchObject({
      kind: 'unreachable',
    });
  });
});
